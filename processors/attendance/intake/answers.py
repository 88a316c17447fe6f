"""What Zoom's answers change, by the purpose of the question. PURE."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from processors.attendance.book import CONTACT_REGISTRATION, Book, Question
from processors.attendance.closing.closing import resume_closing
from processors.attendance.closing.ending import take_past_end, take_report_end
from processors.attendance.closing.reports import plan_report, take_report
from processors.attendance.intake.events import dates_changed, registrations_changed, run_changed, tell_registrations
from processors.attendance.known.described import (
    listed_registrations,
    take_details,
    take_identities,
    take_panelists,
)
from processors.attendance.known.figures import take_absentees, take_total
from processors.attendance.known.groups import groups_of
from processors.attendance.known.interaction import take_participation
from processors.attendance.known.questions import (
    DETAILS_FIRST,
    Purpose,
    Scope,
    answered,
    ask,
    is_open,
    scope_of,
    subject_of,
)
from processors.attendance.known.recordings import take_recordings
from processors.attendance.known.registrants import publish_registrations, take_registration
from schemas.lookups import LookupResult

Take = Callable[[Book, LookupResult, Question | None], None]
"""(book, page, the question when this is its last page)."""


def apply_answer(book: Book, result: LookupResult) -> None:
    """One page; pages of a question that was not asked, or repeats of its last one, change nothing more."""
    asked = answered(book, result)
    _TAKE[scope_of(result).purpose](book, result, asked)
    if asked is not None:
        resume_closing(book)


def _details(book: Book, result: LookupResult, asked: Question | None) -> None:
    """Details first, then the registrants: what is published of them needs the topic and the dates."""
    if take_details(book, result):
        dates_changed(book)
    if asked is None or result.object_type != "webinar":
        return
    scope = scope_of(result)
    if scope == DETAILS_FIRST:
        tell_registrations(book)
    entries = [group.entry for group in groups_of(book) if scope.uuid in group.uuids]
    occurrence_id = entries[0].occurrence_id if entries and entries[0] else ""
    listing = Scope("registrants", scope.uuid, occurrence_id)
    ask(book, subject_of(result), listing, occurrence_id=occurrence_id or None)


def _registrants_listed(book: Book, result: LookupResult, _asked: Question | None) -> None:
    """Rows of Zoom's list are facts like those of webhooks, only never newer."""
    facts = listed_registrations(result)
    changed = [fact.registrant_id for fact in facts if take_registration(book, fact, result.origin, webhook=False)]
    if changed:
        publish_registrations(book, changed)
        registrations_changed(book)


def _identities(book: Book, result: LookupResult, asked: Question | None) -> None:
    """Registrations wait until it is known whether their address is an own user's."""
    waiting: list[str] = []
    if asked is not None and result.object_type == "webinar" and not is_open(book, DETAILS_FIRST):
        # Before the answer's own rows are written: a scan looks at all that the record in hand has.
        waiting = _registrants_of(book, asked.contacts)
    take_identities(book, result, asked)
    if waiting:
        publish_registrations(book, waiting)


def _past_end(book: Book, result: LookupResult, asked: Question | None) -> None:
    if asked is not None:
        _end_known(book, result, is_known=take_past_end(book, result))


def _report_end(book: Book, result: LookupResult, _asked: Question | None) -> None:
    _end_known(book, result, is_known=take_report_end(book, result))


def _end_known(book: Book, result: LookupResult, *, is_known: bool) -> None:
    """A run that fell silent has an end now."""
    uuid = result.session_uuid or ""
    if is_known and plan_report(book, uuid, None):
        run_changed(book, uuid)


def _registrants_of(book: Book, contacts: Iterable[str]) -> list[str]:
    """The ids under which contacts are registered. Asks the table once where nobody is."""
    if next(book.scan(CONTACT_REGISTRATION), None) is None:
        return []
    found = (book.scan(CONTACT_REGISTRATION, contact) for contact in contacts)
    return [registrant_id for rows in found for (registrant_id,), _mark in rows]


_TAKE: dict[Purpose, Take] = {
    "details": _details,
    "registrants": _registrants_listed,
    "panelists": lambda book, result, _asked: take_panelists(book, result),
    "identities": _identities,
    "end": _past_end,
    "end by report": _report_end,
    "report": take_report,
    "total": lambda book, result, _asked: take_total(book, result),
    "absentees": lambda book, result, _asked: take_absentees(book, result),
    "polls": lambda book, result, _asked: take_participation(book, result, "polls"),
    "questions": lambda book, result, _asked: take_participation(book, result, "questions"),
    "recording": lambda book, result, _asked: take_recordings(book, result),
}
