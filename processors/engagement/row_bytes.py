"""How the rows of `engagement-by-contact` are written down. PURE.

Keys: ``<contact id>|h`` the head, ``<contact id>|r|<account id>|<object id>|<registrant id>`` a registration,
``<contact id>|s|<account id>|<session uuid>`` a result, ``<contact id>|w|<account id>|<session uuid>`` a recording, so
that what two accounts say of one contact never meets. Values are JSON arrays; a new field goes to the end and has a
default.
"""

from __future__ import annotations

from collections.abc import Iterable

from processors.engagement.state import ContactRecording, ContactRegistration, ContactRows, Head, SessionRow
from schemas.attendance import (
    Interaction,
    Recording,
    Registration,
    Result,
)
from schemas.codec import pack, unpack

_INTERACTION = SessionRow._fields.index("interaction")
_SESSION_EVENTS = SessionRow._fields.index("events_due")
_REGISTRATION_EVENTS = ContactRegistration._fields.index("events_due")
_ANSWERS = ContactRegistration._fields.index("answers")


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
