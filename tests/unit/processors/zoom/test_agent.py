"""The effect `look-up`, with the engine's part played on tables in memory."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from typing_extensions import override

from processors.engine.memory import MemoryEngine, MemoryStore
from processors.engine.view import Output
from processors.zoom import agent as look_up
from processors.zoom.agent import LookUp, MissingScopes
from processors.zoom.api.api import Row, ZoomReader
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.questions.pending import PENDING, Pending, pack_pending
from runtime.backoff import Backoff
from runtime.outcome import NoAnswer, Outcome
from schemas.attendance import ObjectType
from schemas.errors import ConfigurationError, FatalError
from schemas.instants import as_datetime
from schemas.lookups import AccountDeauthorized, LookupKind, LookupRequest, LookupResult, LookupSettled
from schemas.priority import Priority
from schemas.topics import LOOKUP_RESULTS, LOOKUPS, LOOKUPS_BULK
from tests.support.processes import eventually

DEADLINE_SECONDS = 10.0


class ScriptedZoom(ZoomReader):
    """A `ZoomReader` that answers from a table; what goes wrong is scripted per call."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.answers: dict[str, list[Row]] = {}
        self.failures: dict[str, deque[NoAnswer | Exception]] = {}
        self.scopes: list[frozenset[str] | NoAnswer] = []
        self.priorities: list[Priority] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.under_way = 0
        self.most = 0
        self._called = asyncio.Event()

    async def until_called(self, times: int) -> None:
        """Wait until so many calls were made."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(self.calls) < times:
                self._called.clear()
                await self._called.wait()

    @override
    def at(self, priority: Priority) -> ScriptedZoom:
        self.priorities.append(priority)
        return self

    @override
    async def granted_scopes(self) -> frozenset[str] | NoAnswer:
        return self.scopes.pop(0) if self.scopes else frozenset()

    async def _answer(self, call: str) -> list[Row] | NoAnswer:
        self.calls.append(call)
        self._called.set()
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0)
            if call in self.gates:
                await self.gates[call].wait()
            if self.failures.get(call):
                failure = self.failures[call].popleft()
                if isinstance(failure, Exception):
                    raise failure
                return failure
            return self.answers.get(call, [{"id": call}])
        finally:
            self.under_way -= 1

    @override
    async def details(
        self, object_type: ObjectType, object_id: str, occurrence_id: str | None = None
    ) -> Row | NoAnswer:
        return _first(await self._answer(f"{object_type} {object_id}" + (f" {occurrence_id}" if occurrence_id else "")))

    @override
    async def registrants(
        self, object_type: ObjectType, object_id: str, occurrence_id: str | None = None
    ) -> list[Row] | NoAnswer:
        return await self._answer(f"registrants {object_id}" + (f" {occurrence_id}" if occurrence_id else ""))

    @override
    async def panelists(self, webinar_id: str) -> list[Row] | NoAnswer:
        return await self._answer(f"panelists {webinar_id}")

    @override
    async def users(self) -> list[Row] | NoAnswer:
        return await self._answer("users")

    @override
    async def past_meeting(self, uuid: str) -> Row | NoAnswer:
        return _first(await self._answer(f"past {uuid}"))

    @override
    async def report(self, object_type: ObjectType, uuid: str) -> list[Row] | NoAnswer:
        return await self._answer(f"{object_type} report {uuid}")

    @override
    async def absentees(self, uuid: str) -> list[Row] | NoAnswer:
        return await self._answer(f"absentees {uuid}")

    @override
    async def polls(self, object_type: ObjectType, uuid: str) -> list[Row] | NoAnswer:
        return await self._answer(f"{object_type} polls {uuid}")

    @override
    async def questions(self, object_type: ObjectType, uuid: str) -> list[Row] | NoAnswer:
        return await self._answer(f"{object_type} questions {uuid}")

    @override
    async def recordings(self, uuid: str) -> Row | NoAnswer:
        return _first(await self._answer(f"recordings {uuid}"))

    @override
    def drop_login(self, before: float) -> bool:
        self.calls.append(f"drop {before:.0f}")
        if self.failures.get("drop"):
            failure = self.failures["drop"].popleft()
            assert isinstance(failure, Exception)
            raise failure
        return True


def _first(rows: list[Row] | NoAnswer) -> Row | NoAnswer:
    return rows if isinstance(rows, NoAnswer) else rows[0]


class Engine(MemoryEngine):
    """The agent in memory, with one partition and small waits."""

    def __init__(
        self,
        zoom: ScriptedZoom,
        missing_scopes: Mapping[str, MissingScopes] | None = None,
        refuses: Callable[[Output], bool] = lambda _output: False,
    ) -> None:
        super().__init__(look_up.SPEC, refuses=refuses)
        self.clock_offset = 0.0
        self.registry = CollectorRegistry()
        self.look_up = LookUp(
            {"acc": zoom},
            clock=lambda: time.time() + self.clock_offset,
            metrics=ZoomMetrics(self.registry),
            partition_of=lambda _: 0,
            probe_after_seconds=0.0,
            jitter=lambda: 0.0,
            backoff=Backoff(0.001, 300),
            missing_scopes=missing_scopes,
        )

    @property
    def store(self) -> MemoryStore:
        """The pending rows."""
        return self.memory[0][PENDING]

    @property
    def keys(self) -> list[tuple[str, bytes | None]]:
        """(topic, key) of what was published to the look-ups and their results, behind the first request."""
        topics = (LOOKUP_RESULTS.name, LOOKUPS.name)
        return [(each.topic, each.key) for each in self.published if each.topic in topics][1:]

    @property
    def results(self) -> list[LookupResult]:
        """The answers, in order."""
        return [LookupResult.from_bytes(e.value or b"") for e in self.published if e.topic == LOOKUP_RESULTS.name]

    def ask(self, *requests: LookupRequest, topic: str = LOOKUPS.name) -> None:
        """Requests arrive."""
        for request in requests:
            self.send(topic, request.account_id, request.to_bytes())

    def tell(self, message: AccountDeauthorized) -> None:
        """Something else than a request arrives."""
        self.send(LOOKUPS.name, message.account_id, message.to_bytes())

    async def until_settled(self, *, left: int = 0) -> None:
        """Wait until no more than `left` rows are pending."""
        await self.until(lambda: len(self.store.rows) <= left, DEADLINE_SECONDS)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The worker runs within the block."""
        self.start(self.look_up)
        try:
            yield
        finally:
            await self.stop()


def request(request_id: str, lookup: str = "registrants", **fields: Any) -> LookupRequest:
    """A request about webinar 1 unless told otherwise."""
    return LookupRequest.model_validate(
        {
            "request_id": request_id,
            "lookup": lookup,
            "account_id": "acc",
            "object_id": "1",
            "object_type": "webinar",
            "requested_at": as_datetime(1_786_543_200),
            **fields,
        }
    )


@pytest.fixture
def zoom() -> ScriptedZoom:
    """Answers everything."""
    return ScriptedZoom()


@pytest.fixture
def engine(zoom: ScriptedZoom) -> Engine:
    """Nothing pending."""
    return Engine(zoom)


def outcome(engine: Engine, request_id: str) -> tuple[str, str]:
    """Outcome and detail of the one page that answers a request."""
    (page,) = [result for result in engine.results if result.request_id == request_id]
    return page.outcome, page.detail


def test_agent_declares_its_sources_and_table() -> None:
    """Both topics, live first, and the one table."""
    assert look_up.SPEC.name == "look-up"
    assert look_up.SPEC.sources == (LOOKUPS, LOOKUPS_BULK)
    assert look_up.SPEC.tables == ("lookups-pending",)


@pytest.mark.parametrize(
    ("asked", "call"),
    [
        (request("r", "session", occurrence_id="7"), "webinar 1 7"),
        (request("r", "session", object_type="meeting"), "meeting 1"),
        (request("r", "registrants", occurrence_id="7"), "registrants 1 7"),
        (request("r", "panelists"), "panelists 1"),
        (request("r", "past_session", session_uuid="u/1=="), "past u/1=="),
        (request("r", "report", session_uuid="u/1=="), "webinar report u/1=="),
        (request("r", "report", session_uuid="u/1==", object_type="meeting"), "meeting report u/1=="),
        (request("r", "absentees", session_uuid="u/1=="), "absentees u/1=="),
        (request("r", "recordings", session_uuid="u/1=="), "recordings u/1=="),
    ],
)
async def test_request_is_answered_once_under_its_objects_key_and_settled(
    engine: Engine, zoom: ScriptedZoom, asked: LookupRequest, call: str
) -> None:
    """The answer goes to the object's partition, the note "settled" to the account's."""
    engine.ask(asked)
    async with engine.running():
        await engine.until_settled()
    assert zoom.calls == [call]
    (page,) = engine.results
    assert (page.outcome, page.page, page.last) == ("found", 0, True)
    assert page.rows == ({"id": call},)
    assert engine.keys == [(LOOKUP_RESULTS.name, b"1"), (LOOKUPS.name, b"acc")]


@pytest.mark.parametrize("lookup", ["polls", "questions"])
@pytest.mark.parametrize("kind", ["meeting", "webinar"])
async def test_participation_is_asked_for_by_instance_and_told_without_a_word(
    engine: Engine, zoom: ScriptedZoom, lookup: LookupKind, kind: ObjectType
) -> None:
    """Hashes by address; a refused kind is answered as such, and does not keep the other instance's from coming."""
    call = f"{kind} {lookup} u/1=="
    details = [{"question": "Is my illness covered?", "answer": "never"}]
    zoom.answers[call] = [{"email": "Maya@example.com", "name": "Maya Okafor", "question_details": details}]
    scope = NoAnswer(Outcome.STOP, "4711: scopes")
    zoom.failures[f"{kind} {lookup} u/2=="] = deque([scope])
    engine.ask(
        request("a", lookup, session_uuid="u/1==", object_type=kind),
        request("again", lookup, session_uuid="u/1==", object_type=kind),
        request("b", lookup, session_uuid="u/2==", object_type=kind),
    )
    async with engine.running():
        await engine.until_settled()
    assert sorted(zoom.calls) == [call, f"{kind} {lookup} u/2=="]
    assert outcome(engine, "b") == ("unavailable", "4711: scopes")
    told = [result.rows for result in engine.results if result.request_id in ("a", "again")]
    assert told[0] == told[1]
    (row,) = told[0]
    assert (row["email"], len(row["items"])) == ("maya@example.com", 1)
    assert not any(word in str(row) for word in ("illness", "never", "Okafor"))


async def test_requests_of_the_same_kind_and_object_are_one_call(engine: Engine, zoom: ScriptedZoom) -> None:
    """Each still gets its own answer."""
    engine.ask(request("a"), request("b"), request("c"))
    async with engine.running():
        await engine.until_settled()
    assert zoom.calls == ["registrants 1"]
    assert [result.request_id for result in engine.results] == ["a", "b", "c"]


async def test_long_list_comes_in_pages_without_links(engine: Engine, zoom: ScriptedZoom) -> None:
    """At most 300 rows each, in order, redacted."""
    zoom.answers["registrants 1"] = [{"id": str(n), "join_url": "https://zoom.example.com/w"} for n in range(650)]
    engine.ask(request("a"))
    async with engine.running():
        await engine.until_settled()
    assert [(page.page, page.last, len(page.rows)) for page in engine.results] == [
        (0, False, 300),
        (1, False, 300),
        (2, True, 50),
    ]
    assert engine.results[2].rows[-1] == {"id": "649"}


async def test_report_rows_keep_what_tells_who_was_there_when(engine: Engine, zoom: ScriptedZoom) -> None:
    """Redaction takes nothing that attendance is computed from, and an empty report is an answer."""
    row = {
        "id": "u1",
        "user_id": "33554432",
        "registrant_id": "r1",
        "user_email": "ines@example.com",
        "participant_user_id": "u1",
        "name": "Inés",
        "join_time": "2026-08-19T15:55:12Z",
        "leave_time": "2026-08-19T17:31:05Z",
        "duration": 5753,
        "status": "in_waiting_room",
    }
    zoom.answers = {"webinar report u": [row], "webinar report v": []}
    engine.ask(request("a", "report", session_uuid="u"), request("b", "report", session_uuid="v"))
    async with engine.running():
        await engine.until_settled()
    assert {page.request_id: (page.outcome, page.rows) for page in engine.results} == {
        "a": ("found", (row,)),
        "b": ("found", ()),
    }


async def test_identities_are_answered_from_one_list_of_users_kept_15_minutes(
    engine: Engine, zoom: ScriptedZoom
) -> None:
    """Who belongs to the account and who does not, without asking Zoom again."""
    zoom.answers["users"] = [{"id": "u1", "email": "Ines@Example.com"}, {"id": "u2", "email": "x@example.com"}]
    hit = request("hit", "identities", emails=("INES@example.com",))
    miss = request("miss", "identities", object_id="2", emails=("guest@example.com",), user_ids=("u9",))
    async with engine.running():
        engine.ask(hit, miss)
        await engine.until_settled()
        engine.ask(request("later", "identities", user_ids=("u2",)))
        await engine.until_settled()
        assert zoom.calls == ["users"]
        engine.clock_offset = 901
        engine.ask(request("much later", "identities"))
        await engine.until_settled()
    assert zoom.calls == ["users", "users"]
    assert {page.request_id: page.rows for page in engine.results} == {
        "hit": ({"id": "u1", "email": "ines@example.com"},),
        "miss": (),
        "later": ({"id": "u2", "email": "x@example.com"},),
        "much later": (),
    }


async def test_identities_without_the_scope_are_unavailable_and_zoom_is_not_asked_again(
    engine: Engine, zoom: ScriptedZoom, caplog: pytest.LogCaptureFixture
) -> None:
    """An error that repeats may cost the app its access; the operator reads of it once."""
    zoom.failures["users"] = deque([NoAnswer(Outcome.STOP, "4711: scopes")])
    async with engine.running():
        engine.ask(request("a", "identities"))
        await engine.until_settled()
        engine.ask(request("b", "identities"))
        await engine.until_settled()
    assert zoom.calls == ["users"]
    assert outcome(engine, "a") == outcome(engine, "b") == ("unavailable", "4711: scopes")
    assert caplog.messages == ["zoom account acc: identities: 4711: scopes"]


async def test_refusal_is_answered_with_zooms_code_and_does_not_stop_others(engine: Engine, zoom: ScriptedZoom) -> None:
    """What Zoom refuses is an answer too."""
    zoom.failures["registrants 1"] = deque([NoAnswer(Outcome.MISSING, "3001: gone")])
    engine.ask(request("gone"), request("there", object_id="2"))
    async with engine.running():
        await engine.until_settled()
    assert outcome(engine, "gone") == ("missing", "3001: gone")
    assert outcome(engine, "there") == ("found", "")


async def test_unknown_account_is_unavailable_with_its_id(engine: Engine, zoom: ScriptedZoom) -> None:
    """A request that nobody can answer is not kept for ever."""
    engine.ask(request("a", account_id="stranger"))
    async with engine.running():
        await engine.until_settled()
    assert outcome(engine, "a") == (
        "unavailable",
        "Zoom account stranger is not configured in connectors.zoom",
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request("a", "panelists", object_type="meeting"), ("missing", "a meeting has no panelists")),
        (request("a", "past_session"), ("unavailable", "the request names no session_uuid")),
        (request("a", "recordings"), ("unavailable", "the request names no session_uuid")),
        (request("a", "report"), ("unavailable", "the request names no session_uuid")),
        (request("a", "absentees"), ("unavailable", "the request names no session_uuid")),
        (
            request("a", "absentees", object_type="meeting", session_uuid="u"),
            ("missing", "a meeting has no absentees"),
        ),
    ],
)
async def test_question_that_makes_no_sense_is_answered_without_asking(
    engine: Engine, zoom: ScriptedZoom, asked: LookupRequest, expected: tuple[str, str]
) -> None:
    """Zoom would only count an error."""
    engine.ask(asked)
    async with engine.running():
        await engine.until_settled()
    assert outcome(engine, "a") == expected
    assert zoom.calls == []


async def test_answer_that_cannot_be_read_is_unavailable_and_does_not_stop_others(
    engine: Engine, zoom: ScriptedZoom, caplog: pytest.LogCaptureFixture
) -> None:
    """A defect of ours costs one answer, is logged and counted."""
    zoom.failures["registrants 1"] = deque([TypeError("odd row")])
    engine.ask(request("odd"), request("fine", object_id="2"))
    async with engine.running():
        await engine.until_settled()
    assert outcome(engine, "odd") == ("unavailable", "internal error (TypeError), see the worker's log")
    assert outcome(engine, "fine")[0] == "found"
    assert "odd row" in caplog.text


async def test_outage_delays_and_loses_nothing(engine: Engine, zoom: ScriptedZoom) -> None:
    """However often Zoom fails, every request is answered once it is back, and none twice."""
    requests = [request(f"r{n}", object_id=str(n)) for n in range(20)]
    for n in range(20):
        zoom.failures[f"registrants {n}"] = deque(NoAnswer(Outcome.RETRY, "HTTP 503") for _ in range(n % 4 + 1))
    engine.ask(*requests)
    async with engine.running():
        await engine.until_settled()
    assert Counter(result.request_id for result in engine.results) == {each.request_id: 1 for each in requests}
    assert {result.outcome for result in engine.results} == {"found"}
    assert Counter(zoom.calls) == {f"registrants {n}": n % 4 + 2 for n in range(20)}
    assert zoom.most <= look_up.CONCURRENCY


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
        engine.look_up.load(1, {PENDING: MemoryStore({b"x": pack_pending(Pending("live", request("x")))})})
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
            return "is still stored" in caplog.text

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


async def test_stranger_in_zooms_place_is_believed_in_nothing_and_told_once(
    engine: Engine, zoom: ScriptedZoom, caplog: pytest.LogCaptureFixture
) -> None:
    """Questions wait, readiness and one line say why, and the answer comes when Zoom does."""
    foreign = NoAnswer(Outcome.FOREIGN, "HTTP 404, and not from Zoom")
    zoom.failures["registrants 1"] = deque([foreign] * 3)
    zoom.failures["registrants 2"] = deque([foreign] * 3)
    engine.ask(request("a"), request("b", object_id="2"))
    async with engine.running():
        await zoom.until_called(4)
        assert engine.look_up.reasons == ("zoom account acc: HTTP 404, and not from Zoom",)
        await engine.until_settled()
    assert outcome(engine, "a") == outcome(engine, "b") == ("found", "")
    assert not list(engine.look_up.reasons)
    errors = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert errors == ["zoom account acc: HTTP 404, and not from Zoom"]
    assert engine.registry.get_sample_value("rollcall_zoom_troubles", {"account": "acc"}) == 0


async def test_plan_without_reports_is_answered_and_told(engine: Engine, zoom: ScriptedZoom) -> None:
    """The session goes on without its report, and people hear why there is none."""
    zoom.failures["webinar report u"] = deque([NoAnswer(Outcome.STOP, "200: Only available for Paid account.")])
    engine.ask(request("a", "report", session_uuid="u"))
    async with engine.running():
        await engine.until_settled()
    assert outcome(engine, "a") == ("unavailable", "200: Only available for Paid account.")
    assert engine.look_up.reasons == ("zoom account acc: report: 200: Only available for Paid account.",)


async def test_secret_and_scopes_are_looked_at_before_the_first_question(zoom: ScriptedZoom) -> None:
    """Whoever mistyped something hears of it at the start."""
    zoom.scopes = [NoAnswer(Outcome.PARK, "check client_secret", 0.001), frozenset({"user:read:admin"})]
    engine = Engine(zoom, missing_scopes={"acc": lambda _: {"report:read:admin": "sessions.report_checks"}})

    async def told() -> bool:
        return "report:read:admin (sessions.report_checks)" in "".join(engine.look_up.reasons)

    async with engine.running():
        await eventually(told, what="the scopes that the token lacks")
    assert len(engine.look_up.reasons) == 1
    engine.look_up.revoke(0)
    assert not list(engine.look_up.reasons)


async def test_questions_are_asked_with_the_priority_of_those_who_wait(engine: Engine, zoom: ScriptedZoom) -> None:
    """A back-fill leaves a part of the day to what is live."""
    engine.ask(request("old"), topic=LOOKUPS_BULK.name)
    engine.ask(request("new", object_id="2"))
    async with engine.running():
        await engine.until_settled()
    assert sorted(zoom.priorities) == ["bulk", "live"]
