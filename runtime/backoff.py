"""How long to wait before work that failed is tried again. PURE."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubles with each failure in a row, and is spread, so that many do not come at once."""

    first_seconds: float
    longest_seconds: float

    def seconds(self, failures: int, spread: float) -> float:
        """The wait after so many failures in a row (1 or more); `spread` in 0..1 takes away up to half.

        >>> backoff = Backoff(first_seconds=1, longest_seconds=60)
        >>> [backoff.seconds(failures, spread=0) for failures in (1, 2, 3, 7, 10_000)]
        [1.0, 2.0, 4.0, 60, 60]
        >>> backoff.seconds(3, spread=1)
        2.0
        """
        full = min(self.longest_seconds, self.first_seconds * 2.0 ** min(failures - 1, 30))
        return full * (1 - spread / 2)

    def at_least(self, asked_seconds: float | None, failures: int, spread: float) -> float:
        """As `seconds`, and no shorter than the other side asked for (plus up to a tenth).

        >>> Backoff(1, 300).at_least(60.0, failures=1, spread=0.5)
        63.0
        """
        own = self.seconds(failures, spread)
        return own if asked_seconds is None else max(own, asked_seconds * (1 + spread / 10))
