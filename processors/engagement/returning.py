"""Who may be back at Brevo after they were deleted there: who registers again (`brevo.deleted`). PURE.

Brevo's side alone knows who was deleted, so it is told of everybody who registers; for the others it has nothing to do.
"""

from __future__ import annotations

from typing import Literal

from schemas.attendance import Registration
from schemas.replays import Lineage


def registers(fact: object) -> bool:
    """Whether somebody registers by a fact: who cancels or is denied does not."""
    return isinstance(fact, Registration) and fact.registration_status == "approved" and not fact.retracted


def may_bring_back(fact: object, deleted: Literal["stay_away", "ask", "return"], lineage: Lineage | None) -> bool:
    """Whether a contact is written for a fact although nothing has changed since it was written last.

    `lineage` of the replay that brought the fact, which is no news, and no more is a back-fill.
    """
    if deleted != "return" or lineage is not None or not isinstance(fact, Registration):
        return False
    return registers(fact) and fact.origin == "live"
