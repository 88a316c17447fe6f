"""Stops a worker whose records become dead letters one after the other. PURE."""

from __future__ import annotations

import math
from collections import deque


class CircuitBreaker:
    """Stops the worker when dead letters pile up: a bad release must lag, not drain a topic into its dead letters.

    Args:
        in_a_row: so many dead letters without a handled record between them.
        share, window: or this share of the last `window` records.
    """

    def __init__(self, *, in_a_row: float = 100, share: float = 0.5, window: int = 1_000) -> None:
        self._in_a_row = in_a_row
        self._share = share
        self._recent: deque[bool] = deque(maxlen=window)
        self._dead_recently = 0
        self._row = 0

    @classmethod
    def that_never_opens(cls) -> CircuitBreaker:
        """Of whoever computes what nothing depends on yet, and counts its dead letters: a rebuild."""
        return cls(in_a_row=math.inf, share=math.inf)

    def handled(self, count: int) -> None:
        """So many records in a row went well."""
        if not count:
            return
        self._row = 0
        if self._dead_recently:
            for _ in range(min(count, self._recent.maxlen or 0)):
                self._push(dead=False)
        elif len(self._recent) < (self._recent.maxlen or 0):
            self._recent.extend([False] * count)

    def dead(self) -> None:
        """One became a dead letter."""
        self._row += 1
        self._push(dead=True)

    def open_because(self) -> str | None:
        """Why the worker has to stop; ``None`` while it may go on. Ask after each dead letter."""
        if self._row >= self._in_a_row:
            return f"{self._row} dead letters in a row"
        window = self._recent.maxlen or 0
        if len(self._recent) == window and self._dead_recently >= self._share * window:
            return f"{self._dead_recently} dead letters among the last {window} records"
        return None

    def copy(self) -> CircuitBreaker:
        """Another one that has seen the same, for a turn that may have to be done again."""
        twin = CircuitBreaker(in_a_row=self._in_a_row, share=self._share, window=self._recent.maxlen or 0)
        twin._recent.extend(self._recent)
        twin._dead_recently, twin._row = self._dead_recently, self._row
        return twin

    def _push(self, *, dead: bool) -> None:
        if len(self._recent) == self._recent.maxlen:
            self._dead_recently -= self._recent[0]
        self._recent.append(dead)
        self._dead_recently += dead
