"""The intake rule of `look-up`: requests become pending rows, settled ones are removed. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError
from typing_extensions import override

from processors.engine.view import Record, Rule, View
from processors.erasure.marks import Marks
from processors.zoom.questions.deauthorization import audit_entry
from schemas.codec import contact_id
from schemas.errors import DeadLetterError
from schemas.lookups import LOOKUP, AccountDeauthorized, LookupRequest, LookupSettled
from schemas.priority import Priority
from schemas.topics import AUDIT, LOOKUPS_BULK

LOOKUPS_PENDING = "lookups-pending"
"""Key: `request_id`. Value: one byte for the priority (or for a deauthorization), then the message's bytes."""

_PRIORITY_BYTES: dict[Priority, bytes] = {"live": b"L", "bulk": b"B"}
_PRIORITIES: dict[bytes, Priority] = {letter: priority for priority, letter in _PRIORITY_BYTES.items()}


_DEAUTHORIZED = b"D"


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that waits: one row of the table."""

    priority: Priority
    request: LookupRequest


def pack_pending(pending: Pending) -> bytes:
    """The row's value."""
    return _PRIORITY_BYTES[pending.priority] + pending.request.to_bytes()


def unpack_pending(value: bytes) -> Pending | AccountDeauthorized:
    """A row's content. Raises ``KeyError`` or ``ValueError`` on anything else."""
    if value.startswith(_DEAUTHORIZED):
        return AccountDeauthorized.from_bytes(value[1:])
    return Pending(_PRIORITIES[value[:1]], LookupRequest.from_bytes(value[1:]))


MARKED = Marks(LOOKUPS_PENDING)
"""Nobody returns here: it is asked about whom others have taken in."""


class RequestIntake(Rule):
    """Keeps exactly the unanswered requests in the table."""

    @override
    def handle(self, record: Record, view: View) -> None:
        """Keeps a request; forgets an answered one, and all of an account that is gone.

        Raises:
            DeadLetterError: no request, or not under its account's id.
        """
        message = _parse(record)
        if record.key != message.account_id.encode():
            # Its note "settled" would go to the account's own partition and never find the row.
            raise DeadLetterError(f"look-up {message.request_id}: the record's key is not its account_id; send it anew")
        key = message.request_id.encode()
        if isinstance(message, LookupSettled):
            view.delete(LOOKUPS_PENDING, key)
        elif isinstance(message, AccountDeauthorized):
            view.put(LOOKUPS_PENDING, key, _DEAUTHORIZED + message.to_bytes())
            entry = audit_entry(message)
            view.send(AUDIT.name, entry.operator.encode(), entry)
        elif view.get(LOOKUPS_PENDING, key) is None:
            priority: Priority = "bulk" if record.topic == LOOKUPS_BULK.name else "live"
            view.put(LOOKUPS_PENDING, key, pack_pending(Pending(priority, _without_erased(message, view))))


def _without_erased(request: LookupRequest, view: View) -> LookupRequest:
    """A request that was on its way when somebody was forgotten asks about the others."""
    if not request.emails or not MARKED.any(view):
        return request
    at = int(request.requested_at.timestamp())
    emails = tuple(email for email in request.emails if not MARKED.keeps_out(contact_id(email), at, view))
    return request.model_copy(update={"emails": emails})


def _parse(record: Record) -> LookupRequest | LookupSettled | AccountDeauthorized:
    if record.value is None:
        raise DeadLetterError("a look-up record without a value; nothing to ask")
    try:
        return LOOKUP.validate_json(record.value)
    except ValidationError as error:
        # Without the input: it holds addresses.
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the record"
        raise DeadLetterError(f"no look-up request: {where}: {first['type']}") from None
