"""From one Zoom event to the rows it changes. PURE; the hot path: one or two rows read, one written."""

from __future__ import annotations

from collections.abc import Iterable

from processors.attendance.book import (
    CONNECTION,
    HEARD,
    RUN,
    Book,
    Heard,
    load_job,
    look_at,
    look_later,
    note_change,
    save_job,
)
from processors.attendance.closing.reports import plan_report
from processors.attendance.closing.session_work import WALKS
from processors.attendance.closing.states import tell_run
from processors.attendance.intake.notices import hear_start
from processors.attendance.known.described import hear_dates
from processors.attendance.known.groups import groups_of, runs_of
from processors.attendance.known.interaction import take_chat
from processors.attendance.known.questions import DETAILS_FIRST, Scope, Subject, ask, is_open
from processors.attendance.known.registrants import publish_registrations, take_conversion, take_registration
from processors.attendance.rules.chat import Chatted
from processors.attendance.rules.connections import Connection
from processors.attendance.rules.facts import (
    Bound,
    Converted,
    Ended,
    Event,
    Fact,
    Registered,
    RoleChanged,
    ScheduleChange,
    Seen,
    Started,
)
from processors.attendance.rules.runs import RunRow
from schemas.attendance import Origin
from schemas.instants import DAY_MS

HEARD_MS = 60_000
"""How exact the time of the last event is kept: writing it with every event would double the rows."""


_OF_CONNECTIONS = (RoleChanged, Bound)
_OF_RUNS = (Started, Ended)


def apply_fact(book: Book, fact: Fact | Chatted, origin: Origin) -> bool:
    """Change the rows that the fact concerns, and see to it that what follows from it will be looked at.

    False when it was known.
    """
    if isinstance(fact, Seen):  # nearly all of them
        return _live(book, fact, origin, _connect(book, fact))
    if isinstance(fact, Registered):
        return _registered(book, fact, origin)
    if isinstance(fact, Converted):
        if is_new := take_conversion(book, fact):
            tell_registrations(book)
        return is_new
    if isinstance(fact, ScheduleChange):
        _note_heard(book, fact.event, [date.start for date in fact.dates])
        if is_new := hear_dates(book, fact):
            dates_changed(book)
        return is_new
    return _live(book, fact, origin, _take_part(book, fact))


def _live(
    book: Book, fact: Started | Ended | Seen | RoleChanged | Bound | Chatted, origin: Origin, changed: bool
) -> bool:
    """`changed`: what somebody did in it was not known."""
    event = fact.event
    lifecycle = fact if isinstance(fact, _OF_RUNS) else None
    known = book.get(RUN, event.uuid)
    brought = (known or RunRow(event.account_id, event.object_type)).brought_by(origin)
    row = brought.with_event(event, lifecycle)
    said_new = row is not known
    if said_new or _is_heard_again(book, row):
        row = row._replace(heard_ms=max(row.heard_ms, book.now_ms))
        book.put(RUN, row, event.uuid)
    if known is None:
        _first_heard(book, event, origin)
    hear_start(book, fact, origin)
    if known is None or (said_new and lifecycle is not None):
        tell_run(book, event.uuid, row)
    if isinstance(lifecycle, Ended):
        plan_report(book, event.uuid, row)
    if row.known_end is not None and (changed or said_new):
        run_changed(book, event.uuid)
    return changed or known is None or row is not brought


def _first_heard(book: Book, event: Event, origin: Origin) -> None:
    """A run is new: ask Zoom about it, and do not wait for its end for ever."""
    subject = Subject(event.account_id, event.object_id, event.object_type, origin)
    ask(book, subject, Scope("details", event.uuid))
    look_later(book, book.now_ms + int(book.settings.abandon_after * 1000))


def _registered(book: Book, fact: Registered, origin: Origin) -> bool:
    event = fact.event
    subject = Subject(event.account_id, event.object_id, event.object_type, origin)
    is_webinar = event.object_type == "webinar"
    if is_webinar:
        ask(book, subject, DETAILS_FIRST)
    _note_heard(book, event, [start for _id, start in fact.occurrences])
    has_new_dates = is_webinar and hear_dates(book, fact)
    if has_new_dates:
        dates_changed(book)
    if not take_registration(book, fact, origin, webhook=True):
        return has_new_dates
    if is_webinar and not is_open(book, DETAILS_FIRST):
        publish_registrations(book, [fact.registrant_id])
    registrations_changed(book)
    return True


def _note_heard(book: Book, event: Event, starts: Iterable[int | None]) -> None:
    known = book.get(HEARD) or Heard()
    start = max(start or 0 for start in (event.start, *starts))
    is_again = known.at_ms > 0 and book.view.lineage is not None
    if (not is_again and book.now_ms - known.at_ms > DAY_MS) or start > known.latest_start:
        book.put(HEARD, Heard(book.now_ms, max(start, known.latest_start)))
    look_later(book, book.now_ms + int(book.settings.retain * 1000))


def run_changed(book: Book, uuid: str) -> None:
    """A run is to be computed anew, once late deliveries have had their time."""
    note_change(book, uuid, book.now_ms + int(book.settings.settle * 1000), WALKS)


def registrations_changed(book: Book) -> None:
    """A registration decides who a connection is and who stayed away: what has ended is computed anew."""
    for group in groups_of(book):
        if group.ended:
            run_changed(book, group.runs[-1].uuid)


def dates_changed(book: Book) -> None:
    """Runs belong to other dates now, and registrations to other starts."""
    for run in runs_of(book):
        if run.end is not None:
            run_changed(book, run.uuid)
    tell_registrations(book)


def tell_registrations(book: Book) -> None:
    """All registrations are looked at once more: what has not changed is not told again."""
    job = load_job(book)
    changed = not job.registrations
    job.registrations = True
    if look_at(book, job, book.now_ms) or changed:
        save_job(book, job)


def _is_heard_again(book: Book, row: RunRow) -> bool:
    """Whether its row has to say so; what is only replayed was not received again, and keeps nothing any longer."""
    return book.view.lineage is None and book.now_ms - row.heard_ms > HEARD_MS


def _take_part(book: Book, fact: Started | Ended | RoleChanged | Bound | Chatted) -> bool:
    """What somebody did in the session; false when it was known, or is none."""
    if isinstance(fact, _OF_CONNECTIONS):
        return _connect(book, fact)
    return isinstance(fact, Chatted) and take_chat(book, fact)


def _connect(book: Book, fact: Seen | RoleChanged | Bound) -> bool:
    return book.amend(CONNECTION, _connection_with, fact, fact.event.uuid, fact.connection)


def _connection_with(known: Connection | None, fact: Seen | RoleChanged | Bound) -> Connection | None:
    connection = known or Connection()
    return connection if connection.add(fact) else None
