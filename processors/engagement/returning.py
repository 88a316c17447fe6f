"""Who may be back at Brevo after they were deleted there: who registers again (`brevo.deleted`). PURE.

Brevo's side alone knows who was deleted, and when: it is told of everybody who registers, and brings back who did so
after it. For the others it has nothing to do.
"""

from __future__ import annotations

from typing import Literal

from schemas.attendance import Registration


def registers(fact: object) -> bool:
    """Whether somebody registers by a fact: who cancels or is denied does not."""
    return isinstance(fact, Registration) and fact.registration_status == "approved" and not fact.retracted


def may_bring_back(fact: object, deleted: Literal["stay_away", "ask", "return"], *, is_news: bool) -> bool:
    """Whether a contact is written for a fact although nothing has changed since it was written last.

    `is_news`: no replay has brought what was known before. What a replay brings for the first time never had its turn;
    a back-fill tells of registrations that nobody was told of when they were made.
    """
    if deleted != "return" or not is_news or not isinstance(fact, Registration):
        return False
    return registers(fact) and fact.origin in ("live", "replay")
