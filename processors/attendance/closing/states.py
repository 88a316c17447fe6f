"""Where a session is before its results are final, told when that changes: running, ended, live. PURE.

What was told of a session that is not final is kept as a row: it is told again with another time of the next look, and
taken back where a run turns out to be part of another session, or of none.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from processors.attendance.book import RUN, SESSION, SESSION_STATE, Book
from processors.attendance.closing.step import ClosingStep
from processors.attendance.rules.runs import RunRow
from schemas.instants import as_datetime, datetime_if_known
from schemas.sessions import SessionCounts, SessionSummary
from schemas.topics import ATTENDANCE_SESSIONS

THE_END = "its end"
LATE_DELIVERIES = "late deliveries"
SCHEDULED_END = "the scheduled end"
ZOOMS_REPORT = "Zoom's report"


class Outlook(NamedTuple):
    """What a session that is not final waits for."""

    next_check_at: datetime | None
    waits_for: str


NOTHING_TO_COME = Outlook(None, "")


def outlook(step: ClosingStep) -> Outlook:
    """Of a session that has been computed."""
    if step.work.is_final:
        return NOTHING_TO_COME
    book, entry, checks = step.book, step.group.entry, step.book.settings.report_checks
    waits: dict[str, list[int]] = {}
    if entry is not None and book.now_ms < entry.end * 1000:
        waits[SCHEDULED_END] = [entry.end * 1000]
    if checks:
        open_reports = [report for report in step.reports.values() if report is not None and report.settled is None]
        times = [report.check_at_ms(checks) for report in open_reports]
        if times:
            waits[ZOOMS_REPORT] = times
    earliest = min((at for times in waits.values() for at in times), default=None)
    return Outlook(None if earliest is None else as_datetime(earliest // 1000), " and ".join(waits))


def tell_run(book: Book, uuid: str, row: RunRow) -> None:
    """A run has begun, or its end is known now; says nothing once the results of its session were told."""
    if book.has(SESSION, uuid):
        return
    ended = row.known_end
    next_look = None if ended is None else as_datetime(book.now_ms // 1000 + int(book.settings.settle))
    told = {
        "state": "running" if ended is None else "ended",
        "next_check_at": next_look,
        "waits_for": THE_END if ended is None else LATE_DELIVERIES,
    }
    tell(book, summary_of_run(book, uuid, row).model_copy(update=told))


def tell(book: Book, summary: SessionSummary) -> None:
    """Tell where a session is; one that is final has nothing to come."""
    name = summary.session_uuid
    if summary.is_final:
        if book.has(SESSION_STATE, name):
            book.delete(SESSION_STATE, name)
    elif not book.change(SESSION_STATE, summary, name):
        return
    # The topic keeps one record per key, and a session's uuid is whatever its account signs.
    book.send(ATTENDANCE_SESSIONS.name, f"{book.account}|{name}", summary)


def tell_next_check(book: Book, uuid: str, at_ms: int) -> None:
    """The report of a run has not settled: its session is looked at again then."""
    for _name, summary in list(book.scan(SESSION_STATE)):
        if uuid in summary.instances and summary.state == "live":
            tell(book, summary.model_copy(update={"next_check_at": as_datetime(at_ms // 1000)}))


def take_back_states(book: Book, uuids: Collection[str], *, but: str | None) -> None:
    """Runs of which more was told than they are: all of `uuids` that are not the session `but`."""
    for (name,), summary in list(book.scan(SESSION_STATE)):
        if name in uuids and name != but and not book.has(SESSION, name):
            take_back(book, summary)


def take_back_discarded(book: Book) -> None:
    """While a practice session ran nobody could know that it is one."""
    for (name,), summary in list(book.scan(SESSION_STATE)):
        row = book.get(RUN, name)
        if row is not None and row.discarded and not book.has(SESSION, name):
            take_back(book, summary)


def take_back(book: Book, summary: SessionSummary) -> None:
    """What was told of as a session is none."""
    nothing = {"is_final": True, "state": "final", "retracted": True, **NOTHING_TO_COME._asdict()}
    tell(book, summary.model_copy(update=nothing))


def summary_of_run(book: Book, uuid: str, row: RunRow) -> SessionSummary:
    """A run as a session of its own, of which nothing was computed."""
    start, end = row.start, row.known_end
    return SessionSummary(
        session_uuid=uuid,
        instances=(uuid,),
        **row.told(book.object_id),
        origin=row.origin,
        started_at=datetime_if_known(start),
        ended_at=datetime_if_known(end),
        length_seconds=0 if start is None or end is None else max(0, end - start),
        is_final=False,
        counts=SessionCounts(),
    )
