"""When a service goes and when it comes back, each told once. PURE."""

from __future__ import annotations

FAILURES = 3
"""In a row, before a service is said to be away: one that failed is nothing that people can do about."""


class Outage:
    """Of one service; times are monotonic seconds.

    >>> outage = Outage()
    >>> [outage.failed(at) for at in (0.0, 1.0, 2.0, 3.0)]
    [False, False, True, False]
    >>> outage.answered(12.0), outage.answered(13.0)
    (12.0, None)
    """

    def __init__(self) -> None:
        self._since = 0.0
        self._failures = 0

    def failed(self, at: float) -> bool:
        """A call was not answered, or with a failure; whether that makes the service away from now on."""
        if not self._failures:
            self._since = at
        self._failures += 1
        return self._failures == FAILURES

    def answered(self, at: float) -> float | None:
        """It has answered; how many seconds it was away, where that was told."""
        was_away, self._failures = self._failures >= FAILURES, 0
        return at - self._since if was_away else None
