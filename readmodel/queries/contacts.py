"""One contact: who it is, how it stands, everything that is known of it. The values are for people."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from readmodel.instants import day
from readmodel.keys import command_id_of, contact_id_of, contact_key
from readmodel.lines.contacts import CallLine, ContactLine, RegistrationLine, ScoreLine, SessionResult, WholeContact
from readmodel.queries.candidates import candidates_of
from readmodel.queries.rows import fields_of
from readmodel.queries.sessions import results_of, sessions_by_key
from readmodel.tables import CALLS, CONTACTS, IS_WRITTEN, REGISTRATIONS, SCORES
from schemas.codec import SHORTEST_BEGINNING, contact_id, normalise_email

_MOST_NAMESAKES = 10
_DIGITS = 32


def find_contacts(connection: Connection, who: str) -> tuple[ContactLine, ...]:
    """The contacts that `who` may mean: an e-mail address, a contact id, or its beginning of 6 digits or more."""
    email = normalise_email(who)
    beginning = contact_id(email) if email else who.strip().lower()
    if not SHORTEST_BEGINNING <= len(beginning) <= _DIGITS or set(beginning) - set("0123456789abcdef"):
        return ()
    first, last = bytes.fromhex(beginning.ljust(_DIGITS, "0")), bytes.fromhex(beginning.ljust(_DIGITS, "f"))
    chosen = select(CONTACTS, IS_WRITTEN.label("is_written")).where(CONTACTS.c.contact.between(first, last))
    return tuple(map(_contact, connection.execute(chosen.limit(_MOST_NAMESAKES)).all()))


def contact(connection: Connection, wanted: str, *, limit: int = 1_000) -> WholeContact | None:
    """Everything of a contact, by its whole id; at most `limit` of each kind."""
    key = contact_key(wanted)
    row = connection.execute(select(CONTACTS, IS_WRITTEN.label("is_written")).where(CONTACTS.c.contact == key)).first()
    if row is None:
        return None
    results = results_of(connection, key, limit=limit)
    held = sessions_by_key(connection, [line.session for line in results])
    judged = [SessionResult(line, held.get(line.session)) for line in results]
    judged.sort(key=_time_of, reverse=True)
    registrations = select(REGISTRATIONS).where(REGISTRATIONS.c.contact == key)
    registrations = registrations.order_by(REGISTRATIONS.c.occurred_at.desc()).limit(limit)
    return WholeContact(
        _contact(row),
        _standing(connection.execute(select(SCORES).where(SCORES.c.contact == key)).first()),
        candidates_of(connection, key),
        tuple(judged),
        tuple(map(_registration, connection.execute(registrations).all())),
        calls_of(connection, key, limit=limit),
    )


def calls_of(connection: Connection, key: bytes, *, limit: int = 1_000) -> tuple[CallLine, ...]:
    """Commands to Brevo for a contact, the latest first; of a session's stand-in those of the session."""
    chosen = select(CALLS).where(CALLS.c.contact == key)
    newest = chosen.order_by(CALLS.c.revision.desc(), CALLS.c.command_id).limit(limit)
    return _with_superseded(tuple(map(call_line, connection.execute(newest).all())))


def _with_superseded(calls: tuple[CallLine, ...]) -> tuple[CallLine, ...]:
    """The same lines, those marked that the sink leaves out since it has done a later one."""
    done = max((line.revision or 0 for line in calls if line.kind == "upsert" and line.outcome), default=0)
    return tuple(
        replace(line, superseded=line.kind == "upsert" and line.outcome is None and (line.revision or 0) <= done)
        for line in calls
    )


def call_line(row: Any) -> CallLine:
    """A row of `calls`."""
    fields = fields_of(row, "occurred_at", "wanted_at", "finished_at")
    fields["contact_id"] = contact_id_of(fields.pop("contact"))
    fields["command_id"] = command_id_of(fields["command_id"])
    fields["detail"] = fields["detail"] or ""
    del fields["level"]
    return CallLine(**fields)


def _contact(row: Any) -> ContactLine:
    fields = fields_of(row, "answered_at", "written_at")
    fields["contact_id"] = contact_id_of(fields.pop("contact"))
    fields["detail"] = fields["detail"] or ""
    fields["is_written"] = bool(fields["is_written"])
    for name in ("wanted_revision", "answered_revision"):
        del fields[name]
    return ContactLine(**fields)


def _registration(row: Any) -> RegistrationLine:
    fields = fields_of(row, "occurred_at", "approved_at", "starts_at")
    for name in ("contact", "revision"):
        del fields[name]
    return RegistrationLine(**fields)


def _standing(row: Any) -> ScoreLine | None:
    if row is None:
        return None
    fields = fields_of(row)
    for name in ("contact", "revision"):
        del fields[name]
    return ScoreLine(**fields | {"reference_date": day(fields.pop("reference_day"))})


def _time_of(result: SessionResult) -> float:
    held = result.session
    at = (held.started_at or held.ended_at) if held else result.person.judged_at
    return at.timestamp() if at else 0.0
