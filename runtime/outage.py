"""When a service goes and when it comes back, each told once. PURE."""

from __future__ import annotations

FAILURES = 3
"""In a row, before a service is said to be away: one that failed is nothing that people can do about."""


class Outage:
    """Of one service; times are seconds of one clock.

    Args:
        apart_seconds: a failure that follows another one sooner says no more than that one did: both calls were under
            way when the line broke. At most what passes between a failure and the next try of the same call.

    >>> outage = Outage(apart_seconds=0.5)
    >>> [outage.failed(at) for at in (0.0, 0.1, 0.2, 1.0, 3.0, 4.0)]
    [False, False, False, False, True, False]
    >>> outage.answered(12.0), outage.answered(13.0)
    (12.0, None)
    """

    def __init__(self, apart_seconds: float) -> None:
        self._apart_seconds = apart_seconds
        self._since = 0.0
        self._counted_at = 0.0
        self._failures = 0

    def failed(self, at: float) -> bool:
        """A call was not answered, or with a failure; whether that makes the service away from now on."""
        if not self._failures:
            self._since = at
        elif at - self._counted_at < self._apart_seconds:
            return False
        self._counted_at = at
        self._failures += 1
        return self._failures == FAILURES

    def answered(self, at: float) -> float | None:
        """It has answered; how many seconds it was away, where that was told."""
        was_away, self._failures = self._failures >= FAILURES, 0
        return at - self._since if was_away else None
