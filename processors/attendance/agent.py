"""`track-attendance`: from webhooks and Zoom's answers to who attended, how long, and who stayed away.

Consumes: `zoom.events.raw.v1`, `zoom.lookup-results.v1`, `attendance.ticks.v1`, all keyed by the object's id, and
`ops.erasures.v1`.
Produces: `attendance.results.v1`, `attendance.sessions.v1`, `zoom.lookups.v1`, `attendance.ticks.v1`.
State: one table, `attendance` (processors/attendance/book/rows.py); a fact is one row, however large the session.
Order: none is assumed; rows are sets and extremes, and results are computed from them alone.
On failure: what cannot be read becomes a dead letter of its topic.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, TypeVar

from typing_extensions import override

from processors.attendance.book import ATTENDANCE_TABLE, Book, due_of, inheriting
from processors.attendance.closing.closing import close_due, step_closing
from processors.attendance.intake.answers import apply_answer
from processors.attendance.intake.deauthorized import DEAUTHORIZED_EVENT, parse_deauthorized
from processors.attendance.intake.erased import answer_without_erased, without_erased
from processors.attendance.intake.events import apply_fact
from processors.attendance.intake.notices import tell_due_starts, tell_start
from processors.attendance.known.recordings import apply_recording
from processors.attendance.rules.chat import CHAT_EVENTS, Chatted, parse_chatted
from processors.attendance.rules.events import parse_event
from processors.attendance.rules.recordings import RECORDING_EVENT, parse_recorded
from processors.attendance.settings import TrackingSettings
from processors.attendance.tenants import AccountRule
from processors.engine.spec import AgentSpec
from processors.engine.view import Record, View
from processors.erasure.marks import Marks
from schemas.attendance import Origin
from schemas.instants import as_datetime, parse_instant
from schemas.lookups import LookupResult
from schemas.ticks import Tick
from schemas.topics import ERASURES, LOOKUP_RESULTS, LOOKUPS, RAW_EVENTS, TICKS

SPEC = AgentSpec("track-attendance", sources=(RAW_EVENTS, LOOKUP_RESULTS, TICKS, ERASURES), tables=(ATTENDANCE_TABLE,))
_ORIGIN_HEADER = "origin"
_BACKFILLS: dict[bytes, Origin] = {b"backfill": "backfill", b"backfill_with_events": "backfill_with_events"}
RECEIPT_HEADER = "ce_time"
"""When the event happened as far as the ingress knew: the time of receipt, where Zoom left out its own."""
JOBS_PER_TICK = 20
"""Objects whose work one clock tick begins; more of them get a tick of their own."""
T = TypeVar("T")


class TrackAttendance(AccountRule):
    """The rule of the agent for one account."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._syncs = settings.syncs
        self._marks = Marks(ATTENDANCE_TABLE, returns=settings.erased_return, partitions=settings.partitions)

    @override
    def event(self, event: dict[str, Any], account_id: str, record: Record, view: View) -> None:
        if self._marks.any(view):
            kept = without_erased(event, self._marks, _happened(event, record), view)
            if kept is None:
                return
            event = kept
        received_ms = 0 if event.get("event_ts") else _received_ms(record)
        fact = parse_event(event, received_ms) or self._chatted(event)
        if fact is not None:
            if self._syncs.of(fact.event.account_id).covers(fact.event.object_type):
                book = Book(view, account_id, fact.event.object_id, record.taken_ms, self._settings)
                _apply(apply_fact, book, fact, _origin(record, view))
        elif event["event"] == DEAUTHORIZED_EVENT:
            notice = parse_deauthorized(event)
            view.send(LOOKUPS.name, notice.account_id.encode(), notice)
        elif event["event"] == RECORDING_EVENT:
            recorded = parse_recorded(event, received_ms)
            if recorded is not None and self._syncs.of(recorded.account_id).covers(recorded.object_type):
                book = Book(view, account_id, recorded.object_id, record.taken_ms, self._settings)
                _apply(apply_recording, book, recorded, _origin(record, view))

    def _chatted(self, event: dict[str, Any]) -> Chatted | None:
        return parse_chatted(event) if event["event"] in CHAT_EVENTS and self._settings.interaction else None

    @override
    def answer(self, result: LookupResult, now_ms: int, view: View) -> None:
        if self._marks.any(view):
            result = answer_without_erased(result, self._marks, view)
        book = Book(view, result.account_id, result.object_id, now_ms, self._settings)
        apply_answer(book, result)
        tell_due_starts(book)

    @override
    def tick(self, tick: Tick, account_id: str, now_ms: int, view: View) -> None:
        if tick.kind == "announce":
            object_id, uuid, cursor = (tick.job or "").split("|", 2)
            tell_start(Book(view, account_id, object_id, now_ms, self._settings), uuid, cursor)
        elif tick.kind == "continue":
            object_id, _, step = (tick.job or "").rpartition("#")
            book = Book(view, account_id, object_id, now_ms, self._settings)
            step_closing(book, int(step))
            tell_due_starts(book)
        else:
            self._begin_due(account_id, now_ms, view)

    def _begin_due(self, account_id: str, now_ms: int, view: View) -> None:
        due = itertools.takewhile(lambda job: job[0] <= now_ms, due_of(view, account_id))
        jobs = list(itertools.islice(due, JOBS_PER_TICK + 1))
        for _at_ms, object_id, row_key in jobs[:JOBS_PER_TICK]:
            view.delete(ATTENDANCE_TABLE, row_key)
            book = Book(view, account_id, object_id, now_ms, self._settings)
            close_due(book)
            tell_due_starts(book)
        for _at_ms, object_id, _row_key in jobs[JOBS_PER_TICK:]:
            again = Tick(kind="clock", now=as_datetime(now_ms // 1000), account_id=account_id)
            view.send(TICKS.name, object_id.encode(), again)


def _apply(apply: Callable[[Book, T, Origin], bool], book: Book, told: T, origin: Origin) -> None:
    """Take in what was told; of a copy that a replay has made, whether it was news is told, too."""
    if book.view.lineage is None:  # nearly every record
        apply(book, told, origin)
        return
    with inheriting(book):
        if apply(book, told, origin):
            book.view.learned()


def _origin(record: Record, view: View) -> Origin:
    """Who brought the event: Zoom, or a command whose records say so. What is to be re-emitted counts as live."""
    for name, value in record.headers:
        if name == _ORIGIN_HEADER and (found := _BACKFILLS.get(value)) is not None:
            return found
    return "live" if view.lineage is None or view.lineage.re_emit else "replay"


def _happened(event: dict[str, Any], record: Record) -> int:
    """Seconds since 1970; of what says no time that can be read: when it was received."""
    said = event.get("event_ts")
    return (said if isinstance(said, int) and said else _received_ms(record)) // 1_000


def _received_ms(record: Record) -> int:
    """When an event without `event_ts` was received, milliseconds since 1970."""
    for name, value in record.headers:
        if name == RECEIPT_HEADER and (seconds := parse_instant(value.decode(errors="replace"))) is not None:
            return seconds * 1000
    return record.timestamp_ms
