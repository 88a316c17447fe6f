"""The rows of `engagement-by-contact`: what is kept of a contact's facts, and how it is written down. PURE.

Keys: ``<contact id>|h`` the head, ``<contact id>|r|<account id>|<object id>|<registrant id>`` a registration,
``<contact id>|s|<account id>|<session uuid>`` a result, ``<contact id>|w|<account id>|<session uuid>`` a recording, so
that what two accounts say of one contact never meets. Values are JSON arrays; a new field goes to the end and has a
default. Under a session's stand-in, ``w`` says how its recording was told.
A retracted fact stays as a row, for its revision must still keep older ones out.
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
from schemas.codec import pack, unpack

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


_INTERACTION = SessionRow._fields.index("interaction")
_SESSION_EVENTS = SessionRow._fields.index("events_due")
_REGISTRATION_EVENTS = ContactRegistration._fields.index("events_due")
_ANSWERS = ContactRegistration._fields.index("answers")


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


def contact_prefix(contact_id: str) -> bytes:
    """What all keys of a contact begin with."""
    return f"{contact_id}|".encode()


def head_key(contact_id: str) -> bytes:
    """Key of the head."""
    return f"{contact_id}|h".encode()


def session_key(contact_id: str, account_id: str, session_uuid: str) -> bytes:
    """Key of the row of a result."""
    return f"{contact_id}|s|{account_id}|{session_uuid}".encode()


def fact_key(fact: Registration | Result | Recording) -> bytes:
    """Key of the row of a fact, one per registration, and per occurrence one of its result and one of its recording."""
    if isinstance(fact, Result):
        return session_key(fact.contact_id, fact.account_id, fact.session_uuid)
    if isinstance(fact, Recording):
        return f"{fact.contact_id}|w|{fact.account_id}|{fact.session_uuid}".encode()
    return f"{fact.contact_id}|r|{fact.account_id}|{fact.object_id}|{fact.registrant_id}".encode()


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


def encode_head(head: Head) -> bytes:
    """The head as its row's value; who uses neither sweeps nor candidates pays for none."""
    if head.candidates_digest:
        return pack(list(head))
    return pack(list(head[:-1] if head.swept_day else head[:-2]))


def encode_session(row: SessionRow) -> bytes:
    """A result as its row's value; the uuid is in the value too, since a key cannot be taken apart for sure."""
    fields: list[object] = list(row)
    if row.interaction is not None:
        fields[_INTERACTION] = row.interaction.model_dump(exclude_none=True)
    return pack(fields)


def encode_recording(row: ContactRecording) -> bytes:
    """A recording as its row's value."""
    return pack(list(row))


def encode_registration(row: ContactRegistration) -> bytes:
    """A registration as its row's value."""
    return pack(list(row))


def decode_rows(contact_id: str, stored: Iterable[tuple[bytes, bytes]], floor: int = 0) -> ContactRows:
    """All rows under `contact_prefix`, as (key, value); the head's revision is no lower than `floor`."""
    head, sessions, registrations, recordings = Head(), {}, {}, {}
    head_at, registration_prefix = head_key(contact_id), f"{contact_id}|r|".encode()
    recording_prefix = f"{contact_id}|w|".encode()
    for key, value in stored:
        if key == head_at:
            head = decode_head(value)
        elif key.startswith(registration_prefix):
            registrations[key] = decode_registration(value)
        elif key.startswith(recording_prefix):
            recordings[key] = decode_recording(value)
        else:
            sessions[key] = decode_session(value)
    return ContactRows(head._replace(revision=max(head.revision, floor)), sessions, registrations, recordings)


def decode_head(value: bytes) -> Head:
    """What `encode_head` wrote."""
    head = Head(*unpack(value))
    return head._replace(asked=tuple(head.asked))


def decode_session(value: bytes) -> SessionRow:
    """What `encode_session` wrote."""
    fields = unpack(value)
    if fields[_INTERACTION] is not None:
        fields[_INTERACTION] = Interaction.model_validate(fields[_INTERACTION])
    fields[_SESSION_EVENTS] = tuple(fields[_SESSION_EVENTS])
    return SessionRow(*fields)


def decode_recording(value: bytes) -> ContactRecording:
    """What `encode_recording` wrote."""
    row = ContactRecording(*unpack(value))
    return row._replace(given=tuple(row.given))


def decode_registration(value: bytes) -> ContactRegistration:
    """What `encode_registration` wrote."""
    fields = unpack(value)
    fields[_REGISTRATION_EVENTS] = tuple(fields[_REGISTRATION_EVENTS])
    fields[_ANSWERS:] = [tuple((question, answer) for question, answer in field) for field in fields[_ANSWERS:]]
    return ContactRegistration(*fields)
