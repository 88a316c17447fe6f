"""Registrations of webinars: take in what was said, publish each contact's state once it is or was approved. PURE.

Registrations of meetings serve identity only and are not published (attendance.md 5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from processors.attendance.book import (
    CONTACT_REGISTRATION,
    CONVERSION,
    DESCRIBED_DETAILS,
    IDENTITY_OF_EMAIL,
    REGISTRATION,
    REGISTRATION_PUBLISHED,
    UNKNOWN_REGISTRANT,
    Book,
    Conversion,
    Details,
    Published,
    note_undecided,
)
from processors.attendance.known.groups import Dates, dates_of
from processors.attendance.known.questions import Subject, ask_identities
from processors.attendance.rules.facts import Converted, Registered
from processors.attendance.rules.filters import Described, judge
from processors.attendance.rules.names import registered_name
from processors.attendance.rules.registrations import RegistrationRow
from runtime.models import Filters
from schemas.attendance import REGISTRANT_FIELDS, ObjectType, Origin, Registration
from schemas.codec import contact_id
from schemas.instants import as_datetime, datetime_if_known


def take_registration(book: Book, fact: Registered, origin: Origin, *, webhook: bool) -> bool:
    """Take in what a webhook or Zoom's list says; false when it was known."""
    event = fact.event
    row = book.get(REGISTRATION, fact.registrant_id) or RegistrationRow(event.account_id, event.object_type)
    old_email = row.email
    if not row.add(fact, origin, webhook=webhook):
        return False
    book.put(REGISTRATION, row, fact.registrant_id)
    book.delete(UNKNOWN_REGISTRANT, fact.registrant_id)
    if row.email != old_email:
        if old_email is not None:
            book.delete(CONTACT_REGISTRATION, contact_id(old_email), fact.registrant_id)
        if row.email is not None:
            book.put(CONTACT_REGISTRATION, True, contact_id(row.email), fact.registrant_id)
    return True


def take_conversion(book: Book, fact: Converted) -> bool:
    """A webinar became a meeting or the other way round; false when something later is known."""
    known = book.get(CONVERSION)
    if known is not None and known.event_ts >= fact.event.event_ts:
        return False
    book.put(CONVERSION, Conversion(fact.event.event_ts, fact.object_type))
    return True


@dataclass(frozen=True, slots=True)
class _Webinar:
    """What is the same for all its registrations."""

    object_id: str
    details: Details
    dates: Dates
    converted: ObjectType | None

    def subject(self, row: RegistrationRow) -> Subject:
        """What a registration is of."""
        return Subject(row.account_id, self.object_id, self.converted or row.object_type, row.origin)


def publish_registrations(book: Book, registrant_ids: Iterable[str]) -> None:
    """Tell of registrations of which there is news to tell.

    An own user is never a contact, so where own users are left out the look-up of the address comes first; its
    answer leads here again.
    """
    converted = book.get(CONVERSION)
    details, dates = book.get(DESCRIBED_DETAILS) or Details(), dates_of(book)
    webinar = _Webinar(book.object_id, details, dates, converted.object_type if converted else None)
    unknown: dict[str, Subject] = {}
    for registrant_id in registrant_ids:
        row = book.get(REGISTRATION, registrant_id)
        if row is not None and row.email is not None and not _publish_one(book, webinar, registrant_id, row):
            unknown[row.email] = webinar.subject(row)
    if unknown:
        ask_identities(book, next(iter(unknown.values())), unknown)


def _publish_one(book: Book, webinar: _Webinar, registrant_id: str, row: RegistrationRow) -> bool:
    """Tell of one registration; false when its address has to be asked about first."""
    told = book.get(REGISTRATION_PUBLISHED, registrant_id)
    is_webinar = webinar.subject(row).object_type == "webinar"
    if told is None and (not row.ever_approved or not is_webinar):
        return True
    assert row.email is not None
    filters = book.settings.filters
    wanted = is_webinar and not filters.excludes(row.email) and _is_wanted(filters, webinar, row)
    if wanted and book.settings.exclude_internal:
        known = book.get(IDENTITY_OF_EMAIL, contact_id(row.email))
        if known is None:
            return False
        wanted = not known.is_own
    is_before = row.approval is None or webinar.dates.before_end(row, row.approval.at_ms)
    if wanted and is_before is None:
        note_undecided(book)
    _emit(book, _fact(webinar, registrant_id, row, before_end=bool(is_before)), told, wanted=wanted)
    return True


def _is_wanted(filters: Filters, webinar: _Webinar, row: RegistrationRow) -> bool:
    known = webinar.details
    described = Described(
        object_type="webinar",
        zoom_type=known.zoom_type,
        topic=row.detail("topic") or known.topic,
        host_id=row.detail("host_id") or known.host_id,
        host_email=known.host_email,
        tracking_fields=dict(known.tracking_fields),
    )
    return judge(filters, described).wanted


def _emit(book: Book, fact: Registration, told: Published | None, *, wanted: bool) -> None:
    revision = max(told.revision if told else 0, book.settings.revision_floor)
    if told and not told.retracted and (told.email != fact.email or not wanted):
        revision += 1
        former = {"email": told.email, "contact_id": contact_id(told.email), "retracted": True}
        _send(book, fact.model_copy(update=former), revision, "")
    if not wanted:
        return
    digest = fact.digest("origin")  # who happened to bring the news is no news
    if told and told.digest == digest and told.email == fact.email and not told.retracted:
        return
    _send(book, fact, revision + 1, digest)


def _send(book: Book, fact: Registration, revision: int, digest: str) -> None:
    book.tell(fact.model_copy(update={"revision": revision}))
    book.put(REGISTRATION_PUBLISHED, Published(revision, digest, fact.email, fact.retracted), fact.registrant_id)


def _fact(webinar: _Webinar, registrant_id: str, row: RegistrationRow, *, before_end: bool) -> Registration:
    known, subject, approval = webinar.details, webinar.subject(row), row.approval
    starts_at = row.first_start or row.starts_at or known.start
    assert row.email is not None
    return Registration(
        contact_id=contact_id(row.email),
        email=row.email,
        account_id=subject.account_id,
        object_id=subject.object_id,
        object_type="webinar",  # of one that was made a meeting, too, as it is taken back of a webinar
        topic=row.detail("topic") or known.topic,
        host_id=row.detail("host_id") or known.host_id,
        origin=subject.origin,
        occurred_at=as_datetime(row.latest.at_ms // 1000),
        approved_at=None if approval is None else as_datetime(approval.at_ms // 1000),
        registrant_id=registrant_id,
        registration_status=row.latest.status,
        revision=0,
        before_end=before_end,
        starts_at=datetime_if_known(starts_at),
        occurrences=row.occurrences,
        registration_source=row.detail("source"),
        first_name=registered_name(row.detail("first_name")),
        **{name: registered_name(row.detail(name)) for name in REGISTRANT_FIELDS},
        custom_questions=dict(row.detail("questions") or []),
        observed="webhook" if approval is not None and approval.webhook else "list",
    )
