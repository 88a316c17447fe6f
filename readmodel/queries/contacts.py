"""One contact: who it is, how it stands, everything that is known of it. The values are for people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, select

from readmodel.contact_numbers import contact_ids_of, may_be, number_of_contact, numbers_of_contacts
from readmodel.instants import day, moment
from readmodel.keys import command_beginning, contact_id_of, contact_key
from readmodel.lines.contacts import CallLine, ContactLine, RegistrationLine, ScoreLine, SessionResult, WholeContact
from readmodel.numbers import names_of
from readmodel.queries.candidates import candidates_of
from readmodel.queries.rows import fields_of
from readmodel.queries.sessions import results_of, sessions_by_key
from readmodel.shared import apart
from readmodel.tables import (
    CALLS,
    CONTACTS,
    IS_KNOWN,
    IS_WRITTEN,
    REGISTRATIONS,
    SCORES,
    WORDS,
    WRITTEN_AT,
)
from readmodel.vocabulary import STANDING, WANTED
from schemas.codec import SHORTEST_BEGINNING, contact_id, normalise_email

_MOST_NAMESAKES = 10
_DIGITS = 32
_CHOSEN = select(CONTACTS, IS_WRITTEN.label("is_written"), WRITTEN_AT.label("written_at")).where(IS_KNOWN)


def find_contacts(connection: Connection, who: str) -> tuple[ContactLine, ...]:
    """The contacts that `who` may mean: an e-mail address, a contact id, or its beginning of 6 digits or more."""
    email = normalise_email(who)
    digits = contact_id(email) if email else who.strip().lower()
    if not SHORTEST_BEGINNING <= len(digits) <= _DIGITS or set(digits) - set("0123456789abcdef"):
        return ()
    first, last = bytes.fromhex(digits.ljust(_DIGITS, "0")), bytes.fromhex(digits.ljust(_DIGITS, "f"))
    lines = map(_contact, connection.execute(_CHOSEN.where(may_be(first, last))))
    return tuple(islice((line for line in lines if line.contact_id.startswith(digits)), _MOST_NAMESAKES))


def addresses(connection: Connection, contact_ids: Collection[str]) -> dict[str, str]:
    """The addresses of these contacts by id, as far as they are known."""
    numbers = numbers_of_contacts(connection, map(contact_key, contact_ids)).values()
    chosen = select(CONTACTS.c.rest, CONTACTS.c.email).where(CONTACTS.c.contact.in_(numbers))
    rows = connection.execute(chosen.where(CONTACTS.c.email.is_not(None)))
    return {contact_id_of(rest, email): email for rest, email in rows}


def contact(connection: Connection, wanted: str, *, limit: int = 1_000) -> WholeContact | None:
    """Everything of a contact, by its whole id; at most `limit` of each kind."""
    key = contact_key(wanted)
    number = number_of_contact(connection, key)
    row = connection.execute(_CHOSEN.where(CONTACTS.c.contact == number)).first()
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
    chosen = select(CALLS).where(CALLS.c.contact == number_of_contact(connection, key))
    newest = chosen.order_by(CALLS.c.revision.desc(), CALLS.c.command).limit(limit)
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
    contacts = contact_ids_of(connection, (row.contact for row in rows))
    return tuple(_call_line(row, words[row.wanted], contacts[row.contact]) for row in rows)


def _call_line(row: Any, wanted: str | None, contact_id: str) -> CallLine:
    fields = fields_of(row) | apart(WANTED, wanted)
    began = 1_000 * fields["occurred_at"]
    fields["occurred_at"] = moment(began)
    for told, after in (("wanted_at", "wanted_after"), ("finished_at", "finished_after")):
        later = fields.pop(after)
        fields[told] = None if later is None else moment(began + later)
    fields["contact_id"] = contact_id
    fields["command_id"] = command_beginning(fields.pop("command"))
    fields["detail"] = fields["detail"] or ""
    for name in ("contact", "wanted", "level"):
        del fields[name]
    return CallLine(**fields)


def _contact(row: Any) -> ContactLine:
    fields = fields_of(row, "answered_at", "written_at")
    fields["contact_id"] = contact_id_of(fields.pop("rest"), fields["email"])
    fields["detail"] = fields["detail"] or ""
    fields["is_written"] = bool(fields["is_written"])
    for name in ("contact", "beginning", "wanted_revision", "answered_revision", "taken_before"):
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
    words = names_of(connection, WORDS, (row.why, row.standing))
    standing = apart(STANDING, words[row.standing])
    date = day(standing.pop("reference_day"))
    return ScoreLine(score=row.score, why=words[row.why], reference_date=date, **standing)


def _time_of(result: SessionResult) -> float:
    held = result.session
    at = (held.started_at or held.ended_at) if held else result.person.judged_at
    return at.timestamp() if at else 0.0
