"""What Zoom answers of a webinar or meeting itself, its dates, its panelists and whose addresses are own. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from processors.attendance.book import (
    DESCRIBED_DETAILS,
    IDENTITY_OF_EMAIL,
    IDENTITY_OF_USER,
    PANELIST,
    SCHEDULE,
    AccountUser,
    Book,
    Details,
    Question,
)
from processors.attendance.rules.events import said_dates
from processors.attendance.rules.facts import Event, Registered, ScheduleChange
from processors.attendance.rules.fields import identifier, instant, readable, text, whole
from processors.attendance.rules.filters import Described, judge
from processors.attendance.rules.registrants import registered, status_of
from processors.attendance.rules.runs import RunRow
from processors.attendance.rules.schedule import FIXED, RECURRING, Said, Schedule
from runtime.models import Filters
from schemas.codec import contact_id, normalise_email
from schemas.lookups import LookupResult


def take_details(book: Book, result: LookupResult) -> bool:
    """Remember the answer; the last one stands. True when it changes what is told of the webinar or its dates."""
    changed = False
    for details, duration, dates in readable(result.rows, _described):
        changed = book.change(DESCRIBED_DETAILS, details) or changed
        if result.object_type == "webinar":
            answered_ms = int(result.answered_at.timestamp()) * 1000
            changed = _take_dates(book, answered_ms, details.zoom_type, duration, dates) or changed
    return changed


def _described(row: dict[str, Any]) -> tuple[Details, int | None, list[Said]]:
    """What Zoom answers of a webinar or meeting: itself, its duration in seconds, and its dates."""
    details, minutes = _details_of(row), whole(row, "duration")
    duration = None if minutes is None else minutes * 60
    if details.zoom_type == FIXED and details.start is not None:
        return details, duration, [Said("", details.start, duration)]
    return details, duration, said_dates(row) if details.zoom_type == RECURRING else []


def _details_of(row: dict[str, Any]) -> Details:
    fields = row.get("tracking_fields") or ()
    return Details(
        host_email=normalise_email(row.get("host_email")),
        start=instant(row, "start_time"),
        topic=text(row.get("topic")) or "",
        host_id=identifier(row.get("host_id")) or "",
        zoom_type=whole(row, "type"),
        time_zone=text(row.get("timezone")),
        tracking_fields=sorted((str(field.get("field")), str(field.get("value") or "")) for field in fields),
    )


def _take_dates(
    book: Book, answered_ms: int, zoom_type: int | None, duration: int | None, dates: Iterable[Said]
) -> bool:
    """What Zoom answers of the webinar's dates; true when that changes them."""
    schedule = book.get(SCHEDULE) or Schedule()
    before = schedule.entries()
    schedule.read(answered_ms, zoom_type, duration, dates)
    return book.change(SCHEDULE, schedule) and schedule.entries() != before


def hear_dates(book: Book, fact: ScheduleChange | Registered) -> bool:
    """What a webhook says of the webinar's dates; true when that changes them."""
    event = fact.event
    schedule = book.get(SCHEDULE) or Schedule()
    before = schedule.entries()
    if isinstance(fact, ScheduleChange):
        schedule.hear(event.event_ts, "event", event.zoom_type, fact.dates)
    else:
        dates = [
            Said(occurrence, start or None, event.duration) for occurrence, start in fact.occurrences if occurrence
        ]
        if event.start is not None:
            dates.append(Said("", event.start, event.duration))
        schedule.hear(event.event_ts, "registration", event.zoom_type, dates)
    return book.change(SCHEDULE, schedule) and schedule.entries() != before


def take_identities(book: Book, result: LookupResult, asked: Question | None) -> None:
    """Hits are users of the account; on the last page everybody else who was asked about is none."""
    for user_id, email in readable(result.rows, _identity):
        if user_id:
            book.put(IDENTITY_OF_USER, AccountUser(True, email), user_id)
        if email:
            book.put(IDENTITY_OF_EMAIL, AccountUser(True, email), contact_id(email))
    if asked is None:
        return
    nobody = AccountUser(is_own=False, email=None)
    for kind, ids in ((IDENTITY_OF_EMAIL, asked.contacts), (IDENTITY_OF_USER, asked.user_ids)):
        for identity in ids:
            if not book.has(kind, identity):
                book.put(kind, nobody, identity)


def _identity(row: dict[str, Any]) -> tuple[str | None, str | None]:
    return identifier(row.get("id")), normalise_email(row.get("email"))


def take_panelists(book: Book, result: LookupResult) -> None:
    """Remember the panelists by their e-mail."""
    for row in result.rows:
        if email := normalise_email(row.get("email")):
            book.put(PANELIST, True, contact_id(email))


def listed_registrations(result: LookupResult) -> list[Registered]:
    """The rows of Zoom's list as facts; a row's time is its `create_time`.

    They name the occurrence that the list was read for; one for the whole id says nothing about occurrences.
    """
    return readable(result.rows, lambda row: _listed(row, result))


def _listed(row: dict[str, Any], result: LookupResult) -> Registered | None:
    """One row; ``None`` for a status that Zoom has never had, or without an id."""
    status = status_of(str(row.get("status") or "approved"))
    if status is None or not (identifier(row.get("id")) or identifier(row.get("registrant_id"))):
        return None
    event = Event(
        account_id=result.account_id,
        object_id=result.object_id,
        object_type=result.object_type,
        uuid="",
        zoom_type=None,
        topic="",
        host_id="",
        host_email=None,
        start=None,
        event_ts=(instant(row, "create_time") or 0) * 1000,
    )
    return registered(event, row, status, [(result.occurrence_id, 0)] if result.occurrence_id else [])


def is_wanted(filters: Filters, row: RunRow, details: Details | None) -> bool:
    """Whether the operator's filters let a run's session through, as far as it is known."""
    known = details or Details()
    described = Described(
        object_type=row.object_type,
        zoom_type=row.zoom_type,
        topic=row.topic,
        host_id=row.host_id,
        host_email=row.host_email or known.host_email,
        tracking_fields=dict(known.tracking_fields),
    )
    return judge(filters, described).wanted
