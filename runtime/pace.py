"""Keeping to a rate: when the next piece of work may go, and waits that somebody imposed. PURE.

The one place of this arithmetic. Around it each user keeps what is its own: a replay and a rebuild sleep, Brevo's
permits are handed to a queue (`processors/brevo/api/limits.py`), Zoom's calls are booked in a file that processes
share (`processors/zoom/api/allowance.py`). aiolimiter, which `rollcall backfill` uses, keeps to a rate within one
event loop: it cannot be told to wait, changes no rate, orders nobody and cannot be kept in a file.
"""

from __future__ import annotations

from dataclasses import dataclass

REPORTED_AFTER_SECONDS = 60
"""A wait at least this long is a reason to tell people: an hour's budget, or a day's, is used up."""


@dataclass(slots=True)
class Pace:
    """Spreads work evenly; what was not used in the past is not made up for.

    Instants are seconds of any clock, of which every call gets the time.

    >>> pace = Pace()
    >>> pace.spend(0.5, now=100.0)
    >>> pace.wait_seconds(100.25), pace.wait_seconds(900.0)
    (0.25, 0.0)
    >>> pace.hold(3.0, now=900.0)
    >>> pace.hold(1.0, now=900.0)
    >>> pace.held_seconds(901.0), pace.due_at
    (2.0, 903.0)
    """

    next_at: float = 0.0
    """When the rate allows the next piece."""
    held_until: float = 0.0
    """When the wait is over that somebody imposed."""

    @property
    def due_at(self) -> float:
        """When the next piece may go."""
        return max(self.next_at, self.held_until)

    def wait_seconds(self, now: float) -> float:
        """Until the rate allows the next piece; 0 if it does now."""
        return max(0.0, self.next_at - now)

    def held_seconds(self, now: float) -> float:
        """What is left of a wait that somebody imposed; 0 when there is none."""
        return max(0.0, self.held_until - now)

    def spend(self, seconds: float, now: float, catch_up_seconds: float = 0.0) -> None:
        """A piece goes that takes so much of the rate (its size over the rate), at `now` or when its turn comes.

        `catch_up_seconds` of missed time may be made up, where a timer is late and the rate shall be used.
        """
        self.next_at = max(self.next_at, now - catch_up_seconds) + seconds

    def give_back(self, seconds: float) -> None:
        """A piece did not go after all."""
        self.next_at -= seconds

    def hold(self, seconds: float, now: float) -> None:
        """Nothing goes for so long; never shortens a longer wait."""
        self.held_until = max(self.held_until, now + seconds)
