"""Questions of a rebuild are answered with what Zoom has answered before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from typing_extensions import override

from processors.engine.memory_store import MemoryStore, run_turn
from processors.engine.view import Output, Record, Rule, View
from processors.rebuild.kept_answers import KEPT_ANSWERS_TABLE, PATIENCE_MS, UNANSWERED, WAITING, KeptAnswers, due_ms
from schemas.codec import contact_id
from schemas.instants import DAY_MS
from schemas.lookups import LookupKind, LookupRequest, LookupResult
from schemas.ticks import Tick
from schemas.topics import (
    HELD_EVENTS,
    KEPT_ANSWERS,
    LOOKUP_RESULTS,
    LOOKUPS,
    LOOKUPS_BULK,
    RAW_EVENTS,
    TICKS,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
REQUEST = LookupRequest(
    request_id="acc|1|report|run|0",
    lookup="report",
    account_id="acc",
    object_id="1",
    object_type="webinar",
    session_uuid="run",
    requested_at=NOON,
)
IDENTITIES = REQUEST.model_copy(
    update={
        "request_id": "acc|1|identities||now.0",
        "lookup": "identities",
        "session_uuid": None,
        "emails": ("own@example.com", "guest@example.org"),
        "user_ids": ("u1",),
    }
)


class Asker(Rule):
    """Asks the question that a raw event names; keeps what it is told."""

    def __init__(self, *requests: LookupRequest) -> None:
        self.requests = {request.request_id: request for request in requests}
        self.told: list[tuple[str, str]] = []
        """(topic, request id or value)."""

    @override
    def handle(self, record: Record, view: View) -> None:
        value = record.value or b""
        if record.topic == LOOKUP_RESULTS.name:
            self.told.append((record.topic, LookupResult.from_bytes(value).request_id))
        elif value.startswith(b"ask "):
            request = self.requests[value.decode()[4:]]
            view.send(LOOKUPS.name, request.account_id.encode(), request)
        elif value == b"hold":
            view.pass_on(RAW_EVENTS.name, record.key, b"held", ())
        else:
            self.told.append((record.topic, value.decode()))


class Rebuild:
    """The rule over tables in memory, at a time."""

    def __init__(self, *requests: LookupRequest, asks_zoom: bool = False) -> None:
        self.inner = Asker(*requests)
        self.rule = KeptAnswers(self.inner, asks_zoom=asks_zoom)
        self.store = MemoryStore()

    def take(self, topic: str, value: bytes, at_ms: int = NOON_MS) -> list[Output]:
        """Handle one record, taken then."""
        return run_turn(
            self.rule, [Record(topic, 0, 0, at_ms, b"1", value, (), at_ms)], {KEPT_ANSWERS_TABLE: self.store}
        )

    def ask(self, request: LookupRequest, at_ms: int = NOON_MS) -> list[LookupResult]:
        """The answers that it gets at once."""
        return _answers(self.take(RAW_EVENTS.name, f"ask {request.request_id}".encode(), at_ms))

    def tick(self, at_ms: int) -> list[Output]:
        """The clock."""
        return self.take(TICKS.name, Tick(kind="clock", now=NOON).to_bytes(), at_ms)

    def rows(self, prefix: bytes) -> int:
        """How many there are."""
        return len(list(self.store.scan(prefix, b"")))


def _answers(outputs: list[Output]) -> list[LookupResult]:
    assert {output.topic for output in outputs} <= {KEPT_ANSWERS.name}
    return [LookupResult.from_bytes(output.value or b"") for output in outputs]


def _kept(
    request_id: str = REQUEST.request_id,
    *,
    hours: float = 0,
    rows: tuple[dict[str, Any], ...] = (),
    lookup: LookupKind = "report",
    **told: Any,
) -> bytes:
    """An answer, so many hours before noon."""
    return LookupResult(
        request_id=request_id,
        lookup=lookup,
        account_id="acc",
        object_id="1",
        object_type="webinar",
        session_uuid=None if lookup == "identities" else "run",
        outcome="found",
        rows=rows,
        answered_at=datetime.fromtimestamp(NOON.timestamp() - hours * 3600, UTC),
        **told,
    ).to_bytes()


def test_an_old_question_gets_the_newest_answer_to_the_same_under_its_own_id() -> None:
    """As Zoom would say it now."""
    rebuild = Rebuild(REQUEST)
    rebuild.take(LOOKUP_RESULTS.name, _kept(hours=60, rows=({"n": 1},)))
    rebuild.take(LOOKUP_RESULTS.name, _kept("acc|1|report|run|1", hours=59, rows=({"n": 2},)))
    (answer,) = rebuild.ask(REQUEST)
    assert (answer.request_id, answer.rows) == (REQUEST.request_id, ({"n": 2},))


def test_a_young_question_gets_its_own_answer_and_waits_for_it() -> None:
    """Two readings of a report are compared: the second must not be answered with the first."""
    second = REQUEST.model_copy(update={"request_id": "acc|1|report|run|1"})
    rebuild = Rebuild(REQUEST, second)
    rebuild.take(LOOKUP_RESULTS.name, _kept(hours=2, rows=({"n": 1},)))
    assert [answer.rows for answer in rebuild.ask(REQUEST)] == [({"n": 1},)]
    assert rebuild.ask(second) == []
    outputs = rebuild.take(LOOKUP_RESULTS.name, _kept(second.request_id, hours=1, rows=({"n": 2},)))
    assert [answer.rows for answer in _answers(outputs)] == [({"n": 2},)]
    assert rebuild.rows(WAITING) == 0


def test_pages_are_handed_on_in_order_once_the_last_is_there() -> None:
    """A page alone is no answer."""
    rebuild = Rebuild(REQUEST)
    rebuild.take(LOOKUP_RESULTS.name, _kept(hours=50, page=0, last=False, rows=({"n": 0},)))
    assert rebuild.ask(REQUEST) == []
    outputs = rebuild.take(LOOKUP_RESULTS.name, _kept(hours=50, page=1, rows=({"n": 1},)))
    assert [(answer.page, answer.rows) for answer in _answers(outputs)] == [(0, ({"n": 0},)), (1, ({"n": 1},))]


def test_a_question_nobody_kept_an_answer_to_is_given_up_and_counted() -> None:
    """Only once its time has come, which is when all else has been read."""
    rebuild = Rebuild(REQUEST)
    assert rebuild.ask(REQUEST) == []
    assert [due_ms(key) for key, _mark in rebuild.store.scan(b"due|", b"")] == [NOON_MS + PATIENCE_MS]
    assert rebuild.tick(NOON_MS + PATIENCE_MS - 1) == []
    (answer,) = _answers(rebuild.tick(NOON_MS + PATIENCE_MS))
    assert (answer.request_id, answer.outcome) == (REQUEST.request_id, "unavailable")
    assert (rebuild.rows(WAITING), rebuild.rows(UNANSWERED)) == (0, 1)
    assert rebuild.inner.told[-1][0] == TICKS.name


def test_a_question_given_up_takes_an_older_answer_to_the_same_first() -> None:
    """A changed rule asks in other words."""
    other = REQUEST.model_copy(update={"request_id": "acc|1|report|run|7"})
    rebuild = Rebuild(other)
    rebuild.take(LOOKUP_RESULTS.name, _kept(hours=1, rows=({"n": 1},)))
    assert rebuild.ask(other) == []
    assert [answer.rows for answer in _answers(rebuild.tick(NOON_MS + PATIENCE_MS))] == [({"n": 1},)]
    assert rebuild.rows(UNANSWERED) == 0


def test_with_ask_zoom_it_is_asked_behind_live_work_and_waits() -> None:
    """The worker asks, and its answer is read like any."""
    rebuild = Rebuild(REQUEST, asks_zoom=True)
    rebuild.ask(REQUEST)
    (output,) = rebuild.tick(NOON_MS + PATIENCE_MS)
    asked = LookupRequest.from_bytes(output.value or b"")
    assert (output.topic, output.key, asked.origin) == (LOOKUPS_BULK.name, b"acc", "backfill")
    assert (asked.request_id, rebuild.rows(WAITING)) == (REQUEST.request_id, 1)
    later = NOON_MS + PATIENCE_MS + 60_000
    outputs = rebuild.take(LOOKUP_RESULTS.name, _kept(hours=-0.01, rows=({"n": 1},)), later)
    assert [answer.rows for answer in _answers(outputs)] == [({"n": 1},)]
    assert rebuild.rows(WAITING) == 0


def test_identities_are_kept_each_alone_and_asked_in_any_portions() -> None:
    """Whom an answer does not name is none, if it was asked about."""
    own = {"id": "u9", "email": "own@example.com"}
    rebuild = Rebuild(IDENTITIES)
    asked = (contact_id("own@example.com"), contact_id("guest@example.org"))
    rebuild.take(LOOKUP_RESULTS.name, _kept("acc|1|identities||x.0", lookup="identities", rows=(own,), asked=asked))
    assert rebuild.ask(IDENTITIES) == []
    told = _kept("acc|1|identities||y.0", lookup="identities", asked=("u1",))
    (answer,) = _answers(rebuild.take(LOOKUP_RESULTS.name, told))
    assert (answer.request_id, answer.outcome, answer.rows) == (IDENTITIES.request_id, "found", (own,))


def test_held_events_and_answers_come_in_as_what_they_are() -> None:
    """An event that waited is read as a raw event, and never put into the live topic."""
    rebuild = Rebuild(REQUEST)
    (output,) = rebuild.take(RAW_EVENTS.name, b"hold")
    assert (output.topic, output.value) == (HELD_EVENTS.name, b"held")
    rebuild.take(HELD_EVENTS.name, b"held")
    rebuild.take(KEPT_ANSWERS.name, _kept())
    assert rebuild.inner.told == [(RAW_EVENTS.name, "held"), (LOOKUP_RESULTS.name, REQUEST.request_id)]


@pytest.mark.parametrize(("hours", "answered"), [(23, 0), (25, 1)])
def test_an_answer_of_other_words_counts_after_a_day(hours: float, answered: int) -> None:
    """Until then its own may come."""
    other = REQUEST.model_copy(update={"request_id": "acc|1|report|run|7"})
    rebuild = Rebuild(other)
    rebuild.take(LOOKUP_RESULTS.name, _kept(hours=hours))
    assert len(rebuild.ask(other)) == answered
    assert DAY_MS == 24 * 3_600_000
