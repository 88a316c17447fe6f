"""How fast a replay goes: so many a second, and never far ahead of the worker. PURE."""

from __future__ import annotations

MOST_A_SECOND = 100_000
"""The fastest rate that may be asked for."""
AHEAD = 2_000
"""Records of live work that may wait while copies are published. A worker handles some 20,000 a second
(docs/reference/performance.md), so what Zoom sends meanwhile is handled a tenth of a second later."""


class Pace:
    """Spreads work over time; what was not used in the past is not made up for.

    Args:
        rate: records a second.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._due_at = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next portion may go; `now` in seconds that never go back."""
        return max(0.0, self._due_at - now)

    def spend(self, count: int, now: float) -> None:
        """So many went."""
        self._due_at = max(self._due_at, now) + count / self._rate

    @property
    def portion(self) -> int:
        """Records at once, so that the rate is even: a quarter of a second's."""
        return max(1, min(AHEAD, self._rate // 4))
