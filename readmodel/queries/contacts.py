"""One contact: who it is, how it stands, everything that is known of it. The values are for people."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, select

from readmodel.instants import day
from readmodel.keys import command_id_of, contact_id_of, contact_key
from readmodel.lines.contacts import CallLine, ContactLine, RegistrationLine, ScoreLine, SessionResult, WholeContact
from readmodel.numbers import names_of, number_of
from readmodel.queries.candidates import candidates_of
from readmodel.queries.rows import fields_of
from readmodel.queries.sessions import results_of, sessions_by_key
from readmodel.shared import apart
from readmodel.tables import CALLS, CONTACT_NUMBERS, CONTACTS, IS_WRITTEN, REGISTRATIONS, SCORES, WORDS, WRITTEN_AT
from readmodel.vocabulary import MODEL, WANTED
from schemas.codec import SHORTEST_BEGINNING, contact_id, normalise_email

_MOST_NAMESAKES = 10
_DIGITS = 32
_CHOSEN = select(
    CONTACTS, CONTACT_NUMBERS.c.named.label("key"), IS_WRITTEN.label("is_written"), WRITTEN_AT.label("written_at")
).join(CONTACT_NUMBERS, CONTACT_NUMBERS.c.number == CONTACTS.c.contact)


def find_contacts(connection: Connection, who: str) -> tuple[ContactLine, ...]:
    """The contacts that `who` may mean: an e-mail address, a contact id, or its beginning of 6 digits or more."""
    email = normalise_email(who)
    beginning = contact_id(email) if email else who.strip().lower()
    if not SHORTEST_BEGINNING <= len(beginning) <= _DIGITS or set(beginning) - set("0123456789abcdef"):
        return ()
    first, last = bytes.fromhex(beginning.ljust(_DIGITS, "0")), bytes.fromhex(beginning.ljust(_DIGITS, "f"))
    chosen = _CHOSEN.where(CONTACT_NUMBERS.c.named.between(first, last))
    return tuple(map(_contact, connection.execute(chosen.limit(_MOST_NAMESAKES)).all()))


def contact(connection: Connection, wanted: str, *, limit: int = 1_000) -> WholeContact | None:
    """Everything of a contact, by its whole id; at most `limit` of each kind."""
    key = contact_key(wanted)
    row = connection.execute(_CHOSEN.where(CONTACT_NUMBERS.c.named == key)).first()
    if row is None:
        return None
    results = results_of(connection, key, limit=limit)
    held = sessions_by_key(connection, [line.session for line in results])
    judged = [SessionResult(line, held.get(line.session)) for line in results]
    judged.sort(key=_time_of, reverse=True)
    registrations = select(REGISTRATIONS).where(REGISTRATIONS.c.contact == row.contact)
    registrations = registrations.order_by(REGISTRATIONS.c.occurred_at.desc()).limit(limit)
    return WholeContact(
        _contact(row),
        _standing(connection, row.contact),
        candidates_of(connection, row.contact),
        tuple(judged),
        tuple(map(_registration, connection.execute(registrations).all())),
        calls_of(connection, key, limit=limit),
    )


def calls_of(connection: Connection, key: bytes, *, limit: int = 1_000) -> tuple[CallLine, ...]:
    """Commands to Brevo for a contact, the latest first; of a session's stand-in those of the session."""
    chosen = select(CALLS).where(CALLS.c.contact == number_of(connection, CONTACT_NUMBERS, key))
    newest = chosen.order_by(CALLS.c.revision.desc(), CALLS.c.command_id).limit(limit)
    return _with_superseded(call_lines(connection, newest))


def _with_superseded(calls: tuple[CallLine, ...]) -> tuple[CallLine, ...]:
    """The same lines, those marked that the sink leaves out since it has done a later one."""
    done = max((line.revision or 0 for line in calls if line.kind == "upsert" and line.outcome), default=0)
    return tuple(
        replace(line, superseded=line.kind == "upsert" and line.outcome is None and (line.revision or 0) <= done)
        for line in calls
    )


def call_lines(connection: Connection, chosen: Select[Any]) -> tuple[CallLine, ...]:
    """Rows of `calls`."""
    rows = connection.execute(chosen).all()
    words = names_of(connection, WORDS, (row.wanted for row in rows))
    contacts = names_of(connection, CONTACT_NUMBERS, (row.contact for row in rows))
    return tuple(_call_line(row, words[row.wanted], contacts[row.contact]) for row in rows)


def _call_line(row: Any, wanted: str | None, contact: bytes) -> CallLine:
    fields = fields_of(row, "occurred_at", "wanted_at", "finished_at") | apart(WANTED, wanted)
    fields["contact_id"] = contact_id_of(contact)
    fields["command_id"] = command_id_of(fields["command_id"])
    fields["detail"] = fields["detail"] or ""
    for name in ("contact", "wanted", "level"):
        del fields[name]
    return CallLine(**fields)


def _contact(row: Any) -> ContactLine:
    fields = fields_of(row, "answered_at", "written_at")
    fields["contact_id"] = contact_id_of(fields.pop("key"))
    fields["detail"] = fields["detail"] or ""
    fields["is_written"] = bool(fields["is_written"])
    for name in ("contact", "wanted_revision", "answered_revision", "taken_before"):
        del fields[name]
    return ContactLine(**fields)


def _registration(row: Any) -> RegistrationLine:
    fields = fields_of(row, "occurred_at", "approved_at", "starts_at")
    for name in ("contact", "revision"):
        del fields[name]
    return RegistrationLine(**fields)


def _standing(connection: Connection, contact: int) -> ScoreLine | None:
    row = connection.execute(select(SCORES).where(SCORES.c.contact == contact)).first()
    if row is None:
        return None
    words = names_of(connection, WORDS, (row.why, row.model))
    why, date = words[row.why], day(row.reference_day)
    return ScoreLine(score=row.score, tier=row.tier, why=why, reference_date=date, **apart(MODEL, words[row.model]))


def _time_of(result: SessionResult) -> float:
    held = result.session
    at = (held.started_at or held.ended_at) if held else result.person.judged_at
    return at.timestamp() if at else 0.0
