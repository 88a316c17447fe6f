"""Scheduled readings of Zoom's report, and the rows they leave (attendance.md 4). PURE."""

from __future__ import annotations

from processors.attendance.book import (
    REPORT_ROW,
    REPORT_STATE,
    RUN,
    Book,
    Job,
    Question,
    look_at,
    look_later,
    note_change,
)
from processors.attendance.closing.states import tell_next_check
from processors.attendance.known.questions import LOST_MS, Scope, Subject, ask, scope_of
from processors.attendance.rules.reports import ReportRow, ReportState, is_old, parse_lines
from processors.attendance.rules.runs import RunRow
from schemas.lookups import LookupResult


def plan_report(book: Book, uuid: str, row: RunRow | None) -> bool:
    """The end of a run has become known: read its report at the times that the settings say; false for no such run.

    More than a day after the end the first reading settles it, so that one need not wait.
    """
    row = row or book.get(RUN, uuid)
    if row is None:
        return False
    if book.settings.report_checks and not book.has(REPORT_STATE, uuid):
        book.put(REPORT_STATE, ReportState(book.now_ms), uuid)
        wait = 0 if _is_old(row, book.now_ms) else book.settings.report_checks[0]
        look_later(book, book.now_ms + int(wait * 1000))
    return True


def ask_due_reports(book: Book, job: Job) -> None:
    """Ask for the reports whose time has come, and look again when the next one's does."""
    for (uuid,), state in list(book.scan(REPORT_STATE)):
        row = book.get(RUN, uuid)
        if state.settled is not None or row is None or not book.settings.report_checks:
            continue
        at_ms = state.check_at_ms(book.settings.report_checks)
        if at_ms > book.now_ms and not _is_old(row, book.now_ms):
            look_at(book, job, at_ms)
        else:
            subject = Subject(row.account_id, book.object_id, row.object_type, row.origin)
            ask(book, subject, Scope("report", uuid, str(state.next_check)))
            look_at(book, job, book.now_ms + LOST_MS + 1)


def take_report(book: Book, result: LookupResult, asked: Question | None) -> None:
    """A page of a reading: its rows replace those of the reading before; the last page is judged."""
    uuid, state = result.session_uuid or "", book.get(REPORT_STATE, result.session_uuid or "")
    if state is None or state.settled is not None or scope_of(result).part != str(state.next_check):
        return
    lines = parse_lines(result.rows)
    state.reading.add(result.page, lines)
    for line in lines:
        if not line.waiting:
            book.put(REPORT_ROW, ReportRow(state.next_check, line.connection), uuid, line.name)
    if asked is not None:
        _conclude(book, result, state)
    book.put(REPORT_STATE, state, uuid)


def _conclude(book: Book, result: LookupResult, state: ReportState) -> None:
    uuid, row = result.session_uuid or "", book.get(RUN, result.session_uuid or "")
    checks, found = book.settings.report_checks, result.outcome == "found"
    end = row.known_end if row else None
    if not state.conclude(checks=len(checks), found=found, end=end or 0, now_ms=book.now_ms):
        at_ms = state.check_at_ms(checks)
        look_later(book, at_ms)
        tell_next_check(book, uuid, at_ms)
        return
    if state.settled == "report" and row is not None and row.end is None and row.past_end is None:
        # Nobody told of the end: what was assumed, or read too early, gives way to the report that stands.
        rows = (
            reported for _name, reported in book.scan(REPORT_ROW, uuid) if reported.reading == state.settled_reading
        )
        latest = max((reported.connection.leaves[-1] for reported in rows), default=None)
        if latest is not None:
            book.change(RUN, row.reported(latest), uuid)
    note_change(book, uuid, book.now_ms)


def _is_old(row: RunRow, now_ms: int) -> bool:
    return row.known_end is not None and is_old(row.known_end, now_ms)
