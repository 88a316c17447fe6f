"""What came of a call to a service, and with it what is done next: one vocabulary for Zoom and Brevo. PURE.

A client returns an outcome and never raises for what a service or the network does; a table per service says which
answer is which (`processors/zoom/api/verdicts.py`, `processors/brevo/decisions/answers.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What an answer means for the work behind it."""

    DONE = "done"
    """It is done, or the answer is here."""
    MISSING = "missing"
    """The service itself says that there is none."""
    RETRY = "retry"
    """The same again after a back-off."""
    PAUSE = "pause"
    """A rate limit: this family of calls waits as it was told, then the same again."""
    STOP = "stop"
    """This family of calls may not be made (permission, plan, template) until a person acts: people are told."""
    PARK = "park"
    """No call of the account may be made (key, secret, login) until a person acts: people are told."""
    FOREIGN = "foreign"
    """Something else than the service answered. Nothing of it is believed; it is waited for, and people are told."""
    REJECT = "reject"
    """It will never work as it was asked."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why there is no answer to a question."""

    outcome: Outcome
    """Any but `DONE`."""
    says: str
    """For people, also in topics and logs: what was said, or what happened; and what to do where a person has to."""
    after_seconds: float | None = None
    """How long the service asked us to wait."""
    code: str = ""
    """The service's code for it, or OAuth's `error`; empty when there is none."""
