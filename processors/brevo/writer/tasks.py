"""A contact with something to do, and everything that is known of it beside its rows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from processors.brevo.decisions.families import Family
from processors.brevo.decisions.next_action import ContactPhase, Posted, Standing
from processors.engine.work_queue import AT_ONCE
from schemas.priority import RANKS


@dataclass(slots=True, eq=False)
class ContactTask:
    """One contact of a partition that is ours, while it has work."""

    contact: str
    partition: int
    phase: ContactPhase = ContactPhase.IDLE
    family: Family = "contacts"
    """Whose queue it waits in, or whose budget it uses."""
    rank: int = 0
    """In the queue; who yields in a burst of events has that of bulk work, whichever the work has."""
    due_at: float = AT_ONCE
    """Monotonic: it is not begun before, since it gathers others, or backs off."""
    uncertain: bool = False
    """Brevo may hold more than the ledger says: a call whose outcome was lost, or is not confirmed yet."""
    alone: bool = False
    """An import could not take it: it is written by calls of its own."""
    posted: Posted | None = None
    """The last outcome that was posted, until its rows are confirmed."""
    failures: int = 0
    """How often in a row it had to come again."""
    cancellable: bool = False
    """Its work waits: it may be cancelled when its partition goes."""
    before_first_call: bool = False
    """It waits for the first permit of an upsert: it may still go with an import batch."""
    before_intent: bool = False
    """Its event waits for its turn, perhaps for days: it gives way to an upsert."""
    job: asyncio.Task[None] | None = None
    """What works on it."""

    def standing(self, *, once_more: bool) -> Standing:
        """As the decision about it sees it."""
        return Standing(self.phase, self.posted, self.alone, once_more)

    @property
    def urgent(self) -> bool:
        """Whether it goes before bulk work."""
        return self.rank == RANKS["live"]
