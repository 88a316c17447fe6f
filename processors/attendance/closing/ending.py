"""The end of a run of which no `ended` came (attendance.md 1). PURE.

Zoom is asked for the past meeting, then for its report, whose latest leave counts; when it has neither, the latest
instant known is assumed. What stands earlier in this list and comes later replaces it.
"""

from __future__ import annotations

from processors.attendance.book import CONNECTION, RUN, Book, Job, look_at
from processors.attendance.known.groups import run_rows
from processors.attendance.known.questions import LOST_MS, Scope, Subject, ask, is_lost, subject_of
from processors.attendance.rules.fields import instant, readable
from processors.attendance.rules.reports import parse_lines
from schemas.lookups import LookupResult


def ask_for_ends(book: Book, job: Job) -> None:
    """Ask Zoom for the end of what fell silent; look again at what may still."""
    patience_ms = int(book.settings.abandon_after * 1000)
    for uuid, row in list(run_rows(book)):
        if row.known_end is not None:
            continue
        give_up_ms = row.heard_ms + patience_ms
        if give_up_ms > book.now_ms:
            look_at(book, job, give_up_ms)
        else:
            subject = Subject(row.account_id, book.object_id, row.object_type, row.origin)
            ask(book, subject, Scope("end", uuid))
            if is_lost(book, Scope("end by report", uuid)):
                ask(book, subject, Scope("end by report", uuid))
            look_at(book, job, book.now_ms + LOST_MS + 1)


def take_past_end(book: Book, result: LookupResult) -> bool:
    """Note the end that Zoom knows of; without one, ask for the report. True when the end is known now."""
    uuid = result.session_uuid or ""
    row = book.get(RUN, uuid)
    if row is None:
        return False
    ends = readable(result.rows, lambda listed: instant(listed, "end_time"))
    if not ends:
        ask(book, subject_of(result), Scope("end by report", uuid))
        return False
    book.put(RUN, row._replace(past_end=max(ends)), uuid)
    return True


def take_report_end(book: Book, result: LookupResult) -> bool:
    """The latest leave of the report's people, else the latest instant known. True when this was the last page."""
    uuid = result.session_uuid or ""
    row = book.get(RUN, uuid)
    if row is None:
        return False
    for line in parse_lines(result.rows):
        if not line.waiting:
            row = row.reported(line.connection.leaves[-1])
    if result.last and row.report_end is None:
        row = row._replace(assumed_end=_latest_instant(book, uuid, row.start))
    book.put(RUN, row, uuid)
    return result.last


def _latest_instant(book: Book, uuid: str, start: int | None) -> int | None:
    """S, join or leave, whichever is latest; never when an event was sent."""
    instants = [] if start is None else [start]
    for _name, connection in book.scan(CONNECTION, uuid):
        instants += connection.joins[-1:] + connection.leaves[-1:]
    return max(instants, default=None)
