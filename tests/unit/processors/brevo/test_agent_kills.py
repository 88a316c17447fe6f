"""A worker that dies anywhere: no event is called twice, nothing is lost, and what may have been sent is listed."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web

from processors.engine.effect import Position
from processors.engine.memory import CrashPoint
from processors.engine.view import Output
from schemas.brevo import AttributeValue, TrackEvent, UpsertContact
from schemas.codec import contact_id
from tests.support.brevo_commands import MAYA, OCCURRED_AT, event, upsert
from tests.support.scripted_brevo import Call, ScriptedBrevo
from tests.support.sink import QUICK, Sink, sink_beside_brevo

NOOR = "noor.haddad@example.com"
COMMANDS: list[UpsertContact | TrackEvent] = [
    upsert(),
    event(("s1", "s1b")),
    event(("s2",), event_date=OCCURRED_AT + timedelta(days=1)),
    upsert(email=NOOR),
    event(("s1", "s1b"), email=NOOR),
]
POSTS = 8
"""Two upserts, and an intent and an outcome for each of three events."""
CALLS = 5


async def _restart_and_check(sink: Sink, brevo: ScriptedBrevo, policy: str = "hold") -> None:
    """A new worker finishes: contacts are complete, each event was called once or is in doubt."""
    await sink.engine.crash()
    brevo.script = None
    sink.start(in_doubt=policy)
    sink.send(*COMMANDS)
    await sink.settled()
    assert set(brevo.contacts) == {MAYA, NOOR}
    calls = Counter((call.body["identifiers"]["email_id"], call.body["event_date"]) for call in brevo.event_calls)
    assert max(calls.values(), default=1) == 1
    states = sink.states()
    for command in COMMANDS:
        if not isinstance(command, TrackEvent):
            continue
        key = f"{contact_id(command.email)}/{command.name}/{command.once_keys[0]}"
        called = calls[command.email, command.event_date.strftime("%Y-%m-%dT%H:%M:%SZ")]
        if called == 0:
            assert states[key] == ("in_doubt" if policy == "hold" else "rejected")
        else:
            assert states[key] in ("acknowledged", "in_doubt" if policy == "hold" else "rejected")
    doubted = {key for key, state in states.items() if state == "in_doubt" and not key.endswith("/s1b")}
    assert sink.metric("rollcall_brevo_in_doubt") == len(doubted)


async def test_undisturbed_run_posts_and_calls_as_often_as_the_kills_below_assume() -> None:
    """Otherwise a kill would strike after the end."""
    async with sink_beside_brevo() as (sink, brevo):
        sink.start()
        sink.send(*COMMANDS)
        await sink.settled()
        assert len(sink.results()) == POSTS
        assert len(brevo.calls) == CALLS
        assert set(sink.states().values()) == {"acknowledged"}


@pytest.mark.parametrize("policy", ["hold", "drop"])
@pytest.mark.parametrize("phase", ["lost", "published", "applied"])
@pytest.mark.parametrize("number", range(1, POSTS + 1))
async def test_kill_at_any_post_sends_no_event_twice(number: int, phase: CrashPoint, policy: str) -> None:
    """Before, at and after every intent and outcome."""
    async with sink_beside_brevo() as (sink, brevo):

        def plan(count: int, _: Sequence[Output]) -> CrashPoint | None:
            return phase if count == number else None

        sink.engine.crash_plan = plan
        sink.start()
        sink.send(*COMMANDS)
        async with asyncio.timeout(10):
            await sink.engine.crashed.wait()
        await _restart_and_check(sink, brevo, policy)


@pytest.mark.parametrize("applied", [False, True], ids=["before Brevo acts", "after Brevo acted"])
@pytest.mark.parametrize("number", range(1, CALLS + 1))
async def test_kill_during_any_call_sends_no_event_twice(number: int, applied: bool) -> None:
    """The worker never learns whether Brevo did it."""
    async with sink_beside_brevo() as (sink, brevo):
        numbers, reached = itertools.count(1), asyncio.Event()

        async def script(call: Call) -> web.StreamResponse | None:
            if next(numbers) != number:
                return None
            if applied:
                brevo.answer(call)
            reached.set()
            await asyncio.Event().wait()
            return None

        brevo.script = script
        sink.start()
        sink.send(*COMMANDS)
        async with asyncio.timeout(10):
            await reached.wait()
        await _restart_and_check(sink, brevo)


async def test_kill_between_intent_and_answer_with_resend_calls_again() -> None:
    """The operator chose mails twice over mails missing."""
    async with sink_beside_brevo() as (sink, brevo):

        def plan(_: int, outputs: Sequence[Output]) -> CrashPoint | None:
            return "lost" if brevo.event_calls else None

        sink.engine.crash_plan = plan
        sink.start()
        sink.send(upsert(), event())
        async with asyncio.timeout(10):
            await sink.engine.crashed.wait()
        await sink.engine.crash()
        sink.engine.crash_plan = None
        sink.start(in_doubt="resend")
        await sink.settled()
        assert len(brevo.event_calls) == 2
        assert set(sink.states().values()) == {"acknowledged"}


async def test_kill_after_an_upsert_was_written_does_not_trust_the_older_state() -> None:
    """Brevo holds revision 2, the ledger knows 1, revision 3 equals 1: it must be written."""
    async with sink_beside_brevo() as (sink, brevo):
        one, two = AttributeValue(type="float", value=1), AttributeValue(type="float", value=2)
        sink.start()
        sink.send(upsert(1, attributes={"A": one}))
        await sink.settled()
        sink.engine.crash_plan = lambda _count, _outputs: "lost"
        sink.send(upsert(2, attributes={"A": two}))
        async with asyncio.timeout(10):
            await sink.engine.crashed.wait()
        await sink.engine.crash()
        assert brevo.contacts[MAYA].attributes == {"A": 2}
        sink.engine.crash_plan = None
        sink.send(upsert(3, attributes={"A": one}))
        sink.start()
        await sink.settled()
        assert brevo.contacts[MAYA].attributes == {"A": 1}


async def test_intent_of_an_earlier_worker_that_arrives_late_is_in_doubt() -> None:
    """Only who asked for an intent may call for it."""
    async with sink_beside_brevo() as (sink, brevo):
        sink.engine.crash_plan = lambda count, _outputs: "published" if count == 2 else None
        sink.start()
        sink.send(upsert(), event())
        async with asyncio.timeout(10):
            await sink.engine.crashed.wait()
        await sink.engine.crash()
        sink.engine.crash_plan = None
        sink.start()
        await sink.settled()
        assert not brevo.event_calls
        assert set(sink.states().values()) == {"in_doubt"}


async def test_stop_lets_an_event_under_way_end() -> None:
    """A calm stop leaves nothing in doubt."""
    async with sink_beside_brevo() as (sink, brevo):
        called, answer = asyncio.Event(), asyncio.Event()

        async def hold(call: Call) -> None:
            if call.is_event:
                called.set()
                await answer.wait()

        brevo.script = hold
        effect = sink.build(replace(QUICK, drain_seconds=10))
        sink.engine.start(effect)
        sink.send(upsert(), event())
        async with asyncio.timeout(10):
            await called.wait()
        stopping = asyncio.create_task(sink.engine.stop())
        await asyncio.sleep(0)
        answer.set()
        await stopping
        assert set(sink.states().values()) == {"acknowledged"}


async def test_stop_lets_the_outcome_of_an_event_be_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long Kafka takes for it: the call was made, and without its outcome it would be in doubt."""
    async with sink_beside_brevo() as (sink, brevo):
        posting, taken, post = asyncio.Event(), asyncio.Event(), sink.engine.post

        async def slow(outputs: Sequence[Output]) -> None:
            if brevo.event_calls:
                posting.set()
                await taken.wait()
            await post(outputs)

        monkeypatch.setattr(sink.engine, "post", slow)
        sink.start(replace(QUICK, drain_seconds=10))
        sink.send(upsert(), event())
        async with asyncio.timeout(10):
            await posting.wait()
        stopping = asyncio.create_task(sink.engine.stop())
        await asyncio.wait([stopping], timeout=0.1)
        taken.set()
        await stopping
        assert set(sink.states().values()) == {"acknowledged"}


@pytest.mark.parametrize("policy", ["hold", "drop", "resend"])
async def test_new_worker_reads_what_was_told_before_it_doubts(policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome that the one before it has posted is in the topic, and not in the rows yet."""
    async with sink_beside_brevo() as (sink, brevo):
        sink.engine.crash_plan = lambda _count, _outputs: "published" if brevo.event_calls else None
        sink.start()
        sink.send(upsert(), event())
        async with asyncio.timeout(10):
            await sink.engine.crashed.wait()
        await sink.engine.crash()
        sink.engine.crash_plan = None
        asked, has_handled = 0, sink.engine.has_handled

        def counted(partition: int, position: Position) -> bool:
            nonlocal asked
            asked += 1
            return has_handled(partition, position)

        monkeypatch.setattr(sink.engine, "has_handled", counted)
        sink.start(in_doubt=policy, held=True)
        await sink.engine.until(lambda: asked > 1)
        assert set(sink.states().values()) == {"intended"}
        sink.engine.turn()
        await sink.settled()
        assert sink.outcomes() == ["acknowledged", "intended", "acknowledged"]
        assert len(brevo.event_calls) == 1
