"""Which of the events in doubt are meant, and what becomes of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ops.brevo.at_brevo import AtBrevo
from ops.brevo.ledger import Open
from ops.selection.selection import SessionKey
from schemas.brevo import Verdict

DoubtWish = Literal["sent", "resend", "drop", "as_found"]
"""What a person wants: one verdict for all, or what Brevo shows of each."""


@dataclass(frozen=True, slots=True)
class EventSelection:
    """Events that meet every condition; `None` is none."""

    command_id: str | None = None
    """Its beginning."""
    session: SessionKey | None = None
    contact: str | None = None
    name: str | None = None
    """Of the event."""

    def of(self, found: Sequence[Open]) -> list[Open]:
        """Those that are meant, in their order."""
        return [event for event in found if self._holds(event)]

    def _holds(self, event: Open) -> bool:
        command = event.command
        return (
            (self.command_id is None or command.command_id.startswith(self.command_id))
            and (self.session is None or command.session in self.session.instances)
            and (self.contact is None or command.contact_id == self.contact)
            and (self.name is None or command.name == self.name)
        )


def verdict_of(wish: DoubtWish, at_brevo: AtBrevo) -> Verdict | None:
    """What becomes of an event; `None`: it stays in doubt.

    What Brevo has is never sent again, and what nobody knows about not by a rule.

    >>> [verdict_of("as_found", found) for found in ("yes", "no", "unknown")]
    ['sent', 'resend', None]
    >>> verdict_of("resend", "yes"), verdict_of("resend", "unknown"), verdict_of("drop", "yes")
    (None, 'resend', 'drop')
    """
    if wish == "as_found":
        by_brevo: dict[AtBrevo, Verdict | None] = {"yes": "sent", "no": "resend", "unknown": None}
        return by_brevo[at_brevo]
    return None if wish == "resend" and at_brevo == "yes" else wish
