"""Events that Brevo refused: none was ever sent, so each may be tried once more when somebody asks for it. PURE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from processors.brevo.decisions.ledger import BREVO_PENDING, LEDGER, OPEN, EventRow, ReadCommand, event_at, event_key
from processors.brevo.decisions.sending_rules import SendingRules
from processors.brevo.decisions.suppression import suppression_of
from processors.engine.view import View
from schemas.brevo import OnceCommand

Lookup = Callable[[bytes], EventRow | None]
"""An event's row by its key."""


def was_refused(row: EventRow) -> bool:
    """Whether the event was surely never sent, and nobody has decided that it never will be."""
    return row.state == "rejected" and not row.given_up


def to_try_again(row: EventRow, lookup: Lookup, read: ReadCommand) -> OnceCommand | None:
    """The command of a refused event; ``None`` when there is none, or the event was sent for one of its once keys."""
    if not was_refused(row) or row.waiting is None:
        return None
    command = read(row.waiting)
    if not isinstance(command, OnceCommand):
        return None
    return command if all(held is not None and was_refused(held) for held in map(lookup, keys_of(command))) else None


def keys_of(command: OnceCommand) -> list[bytes]:
    """Keys of all rows of an event."""
    return [event_key(command.contact_id, command.name, once_key) for once_key in dict.fromkeys(command.once_keys)]


def begin_refused(contact_id: str, view: View, rules: SendingRules, read: ReadCommand) -> None:
    """The contact's refused events wait again; what its owner does not want any more, or must not have, does not."""
    lookup = partial(event_at, view)
    suppression = suppression_of(contact_id, view)
    for key, command in list(_refused(contact_id, view, lookup, read)):
        if not rules.wants(command) or rules.keeps_from(command, suppression) is not None:
            continue
        for row_key in keys_of(command):
            if (row := lookup(row_key)) is not None:
                view.put(LEDGER, row_key, row.model_copy(update={"state": "pending", "answers": None}).to_bytes())
        view.put(BREVO_PENDING, key, OPEN)


def _refused(contact_id: str, view: View, lookup: Lookup, read: ReadCommand) -> Iterator[tuple[bytes, OnceCommand]]:
    for key, data in view.scan(LEDGER, f"{contact_id}/".encode()):
        command = to_try_again(EventRow.from_bytes(data), lookup, read)
        if command is not None:
            yield key, command
