"""The effect `look-up` where something ends, fails or is taken away in between: nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque

import pytest

from processors.engine.memory_store import MemoryStore
from processors.zoom import agent as look_up
from processors.zoom.questions.pending import LOOKUPS_PENDING, Pending, pack_pending
from runtime.outcome import NoAnswer, Outcome
from schemas.errors import ConfigurationError, FatalError
from schemas.instants import as_datetime
from schemas.lookups import AccountDeauthorized, LookupSettled
from schemas.topics import LOOKUP_RESULTS, LOOKUPS, LOOKUPS_BULK
from tests.support.log_lines import told
from tests.support.lookup_agent import DEADLINE_SECONDS, Engine, ScriptedZoom, request
from tests.support.processes import eventually


async def test_outage_delays_and_loses_nothing(engine: Engine, zoom: ScriptedZoom) -> None:
    """However often Zoom fails, every request is answered once it is back, and none twice."""
    requests = [request(f"r{n}", object_id=str(n)) for n in range(20)]
    for n in range(20):
        zoom.failures[f"registrants {n}"] = deque(NoAnswer(Outcome.RETRY, "HTTP 503") for _ in range(n % 4 + 1))
    engine.ask(*requests)
    async with engine.running():
        await engine.until_settled()
    assert Counter(result.request_id for result in engine.results) == {asked.request_id: 1 for asked in requests}
    assert {result.outcome for result in engine.results} == {"found"}
    assert Counter(zoom.calls) == {f"registrants {n}": n % 4 + 2 for n in range(20)}
    assert zoom.most <= look_up.CONCURRENCY


async def test_outage_of_zoom_is_told_once_and_so_is_its_end(
    engine: Engine, zoom: ScriptedZoom, caplog: pytest.LogCaptureFixture
) -> None:
    """However many questions meet it."""
    caplog.set_level(logging.INFO)
    for n in range(2):
        zoom.failures[f"registrants {n}"] = deque(NoAnswer(Outcome.RETRY, "HTTP 503") for _ in range(5))
    engine.ask(*(request(f"r{n}", object_id=str(n)) for n in range(2)))
    async with engine.running():
        await engine.until_settled()
    lost, back = told(caplog)
    assert (lost[0], lost[1]["account"], lost[1]["reason"]) == ("zoom lost", "acc", "HTTP 503")
    assert str(lost[1]["next"]).startswith("nothing is lost")
    assert (back[0], back[1]["account"]) == ("zoom reached again", "acc")


async def test_request_that_fails_again_and_again_does_not_hold_up_others(engine: Engine, zoom: ScriptedZoom) -> None:
    """Only its own question waits."""
    zoom.failures["registrants 1"] = deque(NoAnswer(Outcome.RETRY, "HTTP 500", after_seconds=3_600) for _ in range(9))
    engine.ask(request("stuck"), *[request(f"r{n}", object_id=f"o{n}") for n in range(9)])
    async with engine.running():
        await engine.until_settled(left=1)
    assert list(engine.store.rows) == [b"stuck"]
    assert engine.registry.get_sample_value("rollcall_zoom_lookups_pending") == 1
    labels = {"lookup": "registrants", "outcome": "delayed"}
    assert engine.registry.get_sample_value("rollcall_zoom_lookups_total", labels) == 1


async def test_live_requests_go_before_bulk_ones(engine: Engine, zoom: ScriptedZoom) -> None:
    """A back-fill fills gaps only."""
    engine.ask(*[request(f"b{n}", object_id=f"b{n}", origin="backfill") for n in range(8)], topic=LOOKUPS_BULK.name)
    engine.ask(*[request(f"l{n}", object_id=f"l{n}") for n in range(8)])
    async with engine.running():
        await engine.until_settled()
    assert {call.split()[1][0] for call in zoom.calls[:8]} == {"l"}
    assert len(zoom.calls) == 16


async def test_load_after_a_restart_works_what_is_pending(zoom: ScriptedZoom) -> None:
    """What was under way when the worker died shows in the rows."""
    engine = Engine(zoom)
    engine.store.apply(
        {f"r{n}".encode(): pack_pending(Pending("live", request(f"r{n}", object_id=str(n)))) for n in range(5)}
    )
    async with engine.running():
        await engine.until_settled()
    assert sorted(result.request_id for result in engine.results) == ["r0", "r1", "r2", "r3", "r4"]


async def test_settled_by_another_worker_is_not_asked(engine: Engine, zoom: ScriptedZoom) -> None:
    """A row that is gone is no work any more."""
    engine.ask(request("a"), request("b", object_id="2"))
    engine.send(LOOKUPS.name, "acc", LookupSettled(request_id="a", account_id="acc").to_bytes())
    async with engine.running():
        await engine.until_settled()
    assert zoom.calls == ["registrants 2"]


async def test_revoke_starts_nothing_new_but_lets_a_call_under_way_end(engine: Engine, zoom: ScriptedZoom) -> None:
    """Its answer is true and posted; the rest is the next owner's."""
    count = look_up.CONCURRENCY
    gate = asyncio.Event()
    zoom.gates = {f"registrants {n}": gate for n in range(count)}
    engine.ask(*[request(f"r{n}", object_id=str(n)) for n in range(count + 5)])
    async with engine.running():
        await zoom.until_called(count)
        engine.look_up.revoke(0)
        gate.set()
        await engine.until_settled(left=5)
        engine.look_up.load(1, {LOOKUPS_PENDING: MemoryStore({b"x": pack_pending(Pending("live", request("x")))})})
        await zoom.until_called(count + 1)
    assert zoom.calls[count:] == ["registrants 1"]


async def test_revoke_while_a_question_waits_to_be_tried_again_ends_it(engine: Engine, zoom: ScriptedZoom) -> None:
    """A back-off does not outlive the assignment."""
    zoom.failures["registrants 1"] = deque(NoAnswer(Outcome.RETRY, "HTTP 503") for _ in range(99))
    engine.ask(request("a"))
    async with engine.running():
        await zoom.until_called(3)
        engine.look_up.revoke(0)
        calls = len(zoom.calls)
        engine.store.apply(dict.fromkeys(engine.store.rows))
        engine.ask(request("b", object_id="2"))
        await engine.until_settled()
    assert zoom.calls[calls:].count("registrants 1") == 0


DEAUTHORIZED = AccountDeauthorized(request_id="d", account_id="acc", user_id="u1", at=as_datetime(1_786_543_200))


async def test_deauthorized_account_loses_its_login_and_is_settled(engine: Engine, zoom: ScriptedZoom) -> None:
    """Once; the row is gone after that."""
    engine.tell(DEAUTHORIZED)
    async with engine.running():
        await engine.until_settled()
    assert zoom.calls == ["drop 1786543200"]
    assert engine.keys == [(LOOKUPS.name, b"acc")]


async def test_deauthorized_account_whose_login_cannot_be_removed_is_tried_again_after_a_restart(
    engine: Engine, zoom: ScriptedZoom, caplog: pytest.LogCaptureFixture
) -> None:
    """The row stays, other work goes on."""
    zoom.failures["drop"] = deque([ConfigurationError("read-only")])
    engine.tell(DEAUTHORIZED)
    engine.ask(request("a"))
    async with engine.running():
        await engine.until_settled(left=1)

        async def told() -> bool:
            return "login still stored" in caplog.text

        await eventually(told, what="the log tells that the login is still stored")
    assert [key for key, _ in engine.store.scan(b"", b"")] == [b"d"]
    again = Engine(zoom)
    again.memory = engine.memory
    async with again.running():
        await again.until_settled()
    assert zoom.calls.count("drop 1786543200") == 2


async def test_run_when_the_broker_refuses_lets_the_error_leave(zoom: ScriptedZoom) -> None:
    """The worker stops, unacknowledged, rather than go on without the answer."""
    engine = Engine(zoom, refuses=lambda output: output.topic == LOOKUP_RESULTS.name)
    engine.ask(request("a"))
    with pytest.raises(FatalError, match="refused"):
        async with engine.running():
            await engine.until(lambda: False, DEADLINE_SECONDS)
    assert list(engine.store.rows) == [b"a"]
