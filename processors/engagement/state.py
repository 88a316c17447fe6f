"""The rows of `engagement-by-contact`: what is kept of a contact's facts (`row_bytes`: how it is written down). PURE.

A retracted fact stays as a row, for its revision must still keep older ones out. Under a session's stand-in, a
recording's row says how it was told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple

from schemas.attendance import (
    AttendanceStatus,
    Interaction,
    ObjectType,
    Origin,
    Recording,
    Registration,
    RegistrationStatus,
    Result,
)

CountedEvent = Literal["registered", "attended", "no_show"]


class Head(NamedTuple):
    """What was sent for a contact so far."""

    revision: int = 0
    """Number of the latest output; each gets the next."""
    email: str = ""
    score_digest: str = ""
    """Of the latest contact score; empty while none stands."""
    upsert_digest: str = ""
    """Of the latest upsert."""
    asked: tuple[int, ...] = ()
    """Lists that the contact was asked to confirm, ascending."""
    swept_day: int = 0
    """Days since 1970: of the latest decay sweep that wrote the contact. Its score is never of an earlier day again."""
    candidates_digest: str = ""
    """Of what candidate models were last said to give; empty while nothing is."""


class SessionRow(NamedTuple):
    """The newest revision of one result. Instants are seconds since 1970."""

    session_uuid: str
    revision: int
    retracted: bool
    account_id: str
    object_type: ObjectType
    status: AttendanceStatus
    ended_at: int
    length_seconds: int
    attended_seconds: int
    late_seconds: int | None
    first_join_at: int | None
    topic: str
    name: str | None
    interaction: Interaction | None
    events_due: tuple[CountedEvent, ...] = ()
    """Events that any revision called for, sorted: each was sent when the first such came."""
    time_zone: str | None = None
    """The webinar's or meeting's."""


class ContactRegistration(NamedTuple):
    """The newest revision of one registration."""

    object_id: str
    registrant_id: str
    revision: int
    retracted: bool
    account_id: str
    status: RegistrationStatus
    occurred_at: int
    topic: str
    registration_source: str | None
    first_name: str | None
    events_due: tuple[CountedEvent, ...] = ()
    """Events that any revision called for, sorted."""
    answers: tuple[tuple[str, str], ...] = ()
    """Custom questions and what was answered, sorted; what is not mapped is not kept."""
    told: tuple[tuple[str, str], ...] = ()
    """Of `schemas.attendance.REGISTRANT_FIELDS` those that are mapped and were filled in, sorted."""


class ContactRecording(NamedTuple):
    """The recording of one occurrence, and whether the contact was told. The instant is in seconds since 1970."""

    session_uuid: str
    given: tuple[str, ...]
    """All runs for which what was told counts as told for the session."""
    account_id: str
    object_id: str
    object_type: ObjectType
    topic: str
    share_url: str
    minutes: int
    parts: int
    at: int
    origin: Origin
    told: bool = False


class ContactRows(NamedTuple):
    """All that is kept of one contact."""

    head: Head
    sessions: dict[bytes, SessionRow]
    """By row key; retracted ones too."""
    registrations: dict[bytes, ContactRegistration]
    """By row key; retracted ones too."""
    recordings: dict[bytes, ContactRecording]
    """By row key."""


def in_order(registrations: Iterable[ContactRegistration]) -> list[ContactRegistration]:
    """By when what they tell happened: of several that say the same thing of a contact the last one stands."""
    return sorted(
        registrations,
        key=lambda registration: (registration.occurred_at, registration.object_id, registration.registrant_id),
    )


def merged_session(row: SessionRow | None, fact: Result, due: CountedEvent | None) -> SessionRow:
    """The row after `fact`: the newer revision stands, of equal ones the fact; `due` is added in any case."""
    events_due = _with(row.events_due if row else (), due)
    if row is not None and row.revision > fact.revision:
        return row._replace(events_due=events_due)
    return SessionRow(
        session_uuid=fact.session_uuid,
        revision=fact.revision,
        retracted=fact.retracted,
        account_id=fact.account_id,
        object_type=fact.object_type,
        status=fact.attendance_status,
        ended_at=int(fact.ended_at.timestamp()),
        length_seconds=fact.length_seconds,
        attended_seconds=fact.attended_seconds,
        late_seconds=fact.late_seconds if fact.first_join_at else None,
        first_join_at=int(fact.first_join_at.timestamp()) if fact.first_join_at else None,
        topic=fact.topic,
        name=fact.identity.name if fact.identity else None,
        interaction=fact.interaction,
        events_due=events_due,
        time_zone=fact.time_zone,
    )


def merged_registration(
    row: ContactRegistration | None,
    fact: Registration,
    due: CountedEvent | None,
    questions: Collection[str] = (),
    fields: Collection[str] = (),
) -> ContactRegistration:
    """As `merged_session`, for a registration; of what registrants tell only `questions` and `fields` are kept."""
    events_due = _with(row.events_due if row else (), due)
    if row is not None and row.revision > fact.revision:
        return row._replace(events_due=events_due)
    return ContactRegistration(
        object_id=fact.object_id,
        registrant_id=fact.registrant_id,
        revision=fact.revision,
        retracted=fact.retracted,
        account_id=fact.account_id,
        status=fact.registration_status,
        occurred_at=int(fact.occurred_at.timestamp()),
        topic=fact.topic,
        registration_source=fact.registration_source,
        first_name=fact.first_name,
        events_due=events_due,
        answers=tuple(sorted((title, answer) for title, answer in fact.custom_questions.items() if title in questions)),
        told=tuple((name, value) for name in sorted(fields) if (value := getattr(fact, name))),
    )


def merged_recording(row: ContactRecording | None, fact: Recording) -> ContactRecording:
    """The row after `fact`, which stands; who was told stays told."""
    return ContactRecording(
        session_uuid=fact.session_uuid,
        given=fact.given or fact.instances,
        account_id=fact.account_id,
        object_id=fact.object_id,
        object_type=fact.object_type,
        topic=fact.topic,
        share_url=fact.share_url,
        minutes=fact.minutes,
        parts=fact.parts,
        at=int(fact.occurred_at.timestamp()),
        origin=fact.origin,
        told=row is not None and row.told,
    )


def _with(events: tuple[CountedEvent, ...], due: CountedEvent | None) -> tuple[CountedEvent, ...]:
    return events if due is None or due in events else tuple(sorted((*events, due)))
