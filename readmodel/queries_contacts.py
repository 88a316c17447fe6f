"""One contact: who it is, how it stands, everything that is known of it. The values are for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from readmodel.instants import moment
from readmodel.keys import command_id_of, contact_id_of, contact_key
from readmodel.queries_sessions import PersonLine, SessionLine, results_of, sessions_by_key
from readmodel.tables import CALLS, CONTACTS, IS_WRITTEN, REGISTRATIONS, SCORES
from schemas.codec import contact_id, normalise_email

_SHORTEST_BEGINNING = 6
_MOST_NAMESAKES = 10
_DIGITS = 32


@dataclass(frozen=True, slots=True)
class ContactLine:
    """Who somebody is, and how Brevo stands to them."""

    contact_id: str
    email: str | None
    name: str | None
    is_written: bool
    """Brevo holds the newest that was wanted."""
    outcome: str | None
    """Of the last upsert; ``None``: none was answered yet."""
    http_status: int | None
    detail: str
    answered_at: datetime | None
    written_at: datetime | None
    left_out: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A contact's score now."""

    score: int
    tier: str
    why: str
    reference_date: date
    model_version: str


@dataclass(frozen=True, slots=True)
class RegistrationLine:
    """One registration."""

    account_id: str
    object_id: str
    registrant_id: str
    topic: str
    status: str
    retracted: bool
    before_end: bool
    """False: approved only after the last session that it is for had ended."""
    occurred_at: datetime
    approved_at: datetime | None
    starts_at: datetime | None
    source: str | None
    observed: str


@dataclass(frozen=True, slots=True)
class CallLine:
    """One command to Brevo and what became of it."""

    contact_id: str
    command_id: str
    kind: str | None
    """``None``: the command itself is no longer kept."""
    name: str | None
    session_uuid: str | None
    cause: str | None
    origin: str | None
    revision: int | None
    occurred_at: datetime | None
    wanted_at: datetime | None
    outcome: str | None
    """``None``: no answer yet."""
    http_status: int | None
    attempts: int | None
    detail: str
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attendance:
    """A result with the session that it is of; ``None`` while nothing of that was published."""

    person: PersonLine
    session: SessionLine | None


@dataclass(frozen=True, slots=True)
class Contact:
    """Everything of one contact."""

    who: ContactLine
    standing: Standing | None
    attendances: tuple[Attendance, ...]
    """The latest session first."""
    registrations: tuple[RegistrationLine, ...]
    """The latest first."""
    calls: tuple[CallLine, ...]
    """The latest first."""


def find_contacts(connection: Connection, who: str) -> tuple[ContactLine, ...]:
    """The contacts that `who` may mean: an e-mail address, a contact id, or its beginning of 6 digits or more."""
    email = normalise_email(who)
    beginning = contact_id(email) if email else who.strip().lower()
    if not _SHORTEST_BEGINNING <= len(beginning) <= _DIGITS or set(beginning) - set("0123456789abcdef"):
        return ()
    first, last = bytes.fromhex(beginning.ljust(_DIGITS, "0")), bytes.fromhex(beginning.ljust(_DIGITS, "f"))
    chosen = select(CONTACTS, IS_WRITTEN.label("is_written")).where(CONTACTS.c.contact.between(first, last))
    return tuple(map(_contact, connection.execute(chosen.limit(_MOST_NAMESAKES)).all()))


def contact(connection: Connection, wanted: str, *, limit: int = 1_000) -> Contact | None:
    """Everything of a contact, by its whole id; at most `limit` of each kind."""
    key = contact_key(wanted)
    row = connection.execute(select(CONTACTS, IS_WRITTEN.label("is_written")).where(CONTACTS.c.contact == key)).first()
    if row is None:
        return None
    results = results_of(connection, key, limit=limit)
    held = sessions_by_key(connection, [line.session for line in results])
    attendances = [Attendance(line, held.get(line.session)) for line in results]
    attendances.sort(key=_time_of, reverse=True)
    registrations = select(REGISTRATIONS).where(REGISTRATIONS.c.contact == key)
    registrations = registrations.order_by(REGISTRATIONS.c.occurred_at.desc()).limit(limit)
    return Contact(
        _contact(row),
        _standing(connection.execute(select(SCORES).where(SCORES.c.contact == key)).first()),
        tuple(attendances),
        tuple(map(_registration, connection.execute(registrations).all())),
        calls_of(connection, key, limit=limit),
    )


def calls_of(connection: Connection, key: bytes, *, limit: int = 1_000) -> tuple[CallLine, ...]:
    """Commands to Brevo for a contact, the latest first; of a session's mark those of the session."""
    chosen = select(CALLS).where(CALLS.c.contact == key)
    newest = chosen.order_by(CALLS.c.revision.desc(), CALLS.c.command_id).limit(limit)
    return tuple(map(call_line, connection.execute(newest).all()))


def call_line(row: Any) -> CallLine:
    """A row of `calls`."""
    fields = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's documented way)
    fields["contact_id"] = contact_id_of(fields.pop("contact"))
    fields["command_id"] = command_id_of(fields["command_id"])
    fields["detail"] = fields["detail"] or ""
    return CallLine(**_with_moments(fields, "occurred_at", "wanted_at", "finished_at"))


def _contact(row: Any) -> ContactLine:
    fields = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's documented way)
    fields["contact_id"] = contact_id_of(fields.pop("contact"))
    fields["detail"] = fields["detail"] or ""
    fields["is_written"] = bool(fields["is_written"])
    for name in ("wanted_revision", "answered_revision"):
        del fields[name]
    return ContactLine(**_with_moments(fields, "answered_at", "written_at"))


def _registration(row: Any) -> RegistrationLine:
    fields = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's documented way)
    for name in ("contact", "revision"):
        del fields[name]
    return RegistrationLine(**_with_moments(fields, "occurred_at", "approved_at", "starts_at"))


def _standing(row: Any) -> Standing | None:
    if row is None:
        return None
    return Standing(row.score, row.tier, row.why, date.fromisoformat(row.reference_date), row.model_version)


def _with_moments(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return fields | {name: moment(fields[name]) for name in names if fields[name] is not None}


def _time_of(attendance: Attendance) -> float:
    held = attendance.session
    at = (held.started_at or held.ended_at) if held else attendance.person.judged_at
    return at.timestamp() if at else 0.0
