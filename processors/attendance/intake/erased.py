"""What Zoom says of people who were forgotten is taken out of it before any rule reads it. PURE.

A connection stays as that of somebody without a name; a registration, a panelist, an absentee or an answer to a poll
goes. Only an address tells who somebody is: what comes with a name alone, or with an id that Zoom resolves to somebody
who was forgotten, leads to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from processors.engine.view import View
from processors.erasure.marks import Marks
from schemas.codec import contact_id, normalise_email
from schemas.instants import parse_instant
from schemas.lookups import LookupResult

_NAMES = ("email", "user_email", "user_name", "name", "id", "registrant_id", "participant_user_id")
"""What Zoom calls a participant by, in events and in the rows of its report."""
_REGISTERS = "registration_created"
_HOST = "host_email"


def without_erased(event: dict[str, Any], marks: Marks, happened: int, view: View) -> dict[str, Any] | None:
    """A webhook's event without the people who were forgotten; ``None``: nothing is left to be taken in.

    Args:
        event: parsed JSON of any shape; it is not changed.
        marks: whom not to take in; somebody who registers anew may return.
        happened: seconds since 1970.
        view: of the record.
    """
    payload = event.get("payload")
    item = payload.get("object") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(item, dict):
        return event
    kept = dict(item)
    registrant, participant, chat = (item.get(name) for name in ("registrant", "participant", "chat_message"))
    if isinstance(registrant, dict) and (email := normalise_email(registrant.get("email"))):
        if str(event.get("event")).endswith(_REGISTERS):
            marks.registers(contact_id(email), happened, view)
        if marks.keeps_out(contact_id(email), happened, view):
            return None
    if isinstance(chat, dict) and _is_kept_out(chat.get("sender_email"), marks, happened, view):
        return None
    if isinstance(participant, dict) and _is_kept_out(participant.get("email"), marks, happened, view):
        kept["participant"] = _nameless(participant)
    if _is_kept_out(item.get(_HOST), marks, happened, view):
        kept[_HOST] = None
    return event if kept == item else {**event, "payload": {**payload, "object": kept}}


def answer_without_erased(result: LookupResult, marks: Marks, view: View) -> LookupResult:
    """A page of Zoom's answer without them."""
    answered = int(result.answered_at.timestamp())
    rows = [_kept(result, row, marks, answered, view) for row in result.rows]
    kept = tuple(row for row in rows if row is not None)
    return result if kept == result.rows else result.model_copy(update={"rows": kept})


def addresses_in(tree: Any) -> Iterator[str]:
    """Every text of a parsed value that is an address, normalised; without recursion, as deep as its sender likes."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
        elif email := normalise_email(node):
            yield email


def _kept(result: LookupResult, row: dict[str, Any], marks: Marks, answered: int, view: View) -> dict[str, Any] | None:
    if _is_kept_out(row.get(_HOST), marks, answered, view):
        return {**row, _HOST: None}
    if result.lookup == "report":
        is_out = _is_kept_out(row.get("user_email"), marks, _instant(row, "join_time", answered), view)
        return _nameless(row) if is_out else row
    happened = _instant(row, "create_time", 0) if result.lookup == "registrants" else answered
    return None if _is_kept_out(row.get("email"), marks, happened, view) else row


def _is_kept_out(address: object, marks: Marks, happened: int, view: View) -> bool:
    email = normalise_email(address)
    return email is not None and marks.keeps_out(contact_id(email), happened, view)


def _nameless(person: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in person.items() if name not in _NAMES}


def _instant(row: Mapping[str, Any], name: str, otherwise: int) -> int:
    try:
        found = parse_instant(row.get(name))
    except ValueError:
        return otherwise
    return otherwise if found is None else found
