"""Time, second by second: sets of seconds instead of interval arithmetic. Slow, and easy to check by eye. PURE.

A *moment* is an instant, an integer. The *second* `t` is the stretch from moment `t` to moment `t + 1`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple


class Stay(NamedTuple):
    """A stay, closed at both ends."""

    start: int
    end: int
    assumed: bool = False
    """A join or a leave is missing."""

    @property
    def span(self) -> tuple[int, int]:
        """From when to when."""
        return self.start, self.end


def intervals(joins: set[int], leaves: set[int], end: int) -> list[Stay]:
    """Walks through the instants of one connection (attendance.md 2); `end` closes what stays open.

    >>> [(interval.start, interval.end) for interval in intervals({0, 20}, {20}, 50)]  # a room move at 20
    [(0, 20), (20, 50)]
    >>> [(interval.start, interval.end) for interval in intervals({7}, {7}, 50)]  # a visit of zero length
    [(7, 7)]
    >>> [(interval.start, interval.end) for interval in intervals({5}, {5, 9}, 50)]  # out at 5: the leave comes first
    [(5, 5), (5, 9)]
    """
    instants = sorted(joins | leaves)
    found: list[Stay] = []
    since: int | None = None
    for at in instants:
        both = at in joins and at in leaves
        join_first = both and since is None and at == instants[-1]
        steps = ["join", "leave"] if join_first else ["leave", "join"]
        for step in steps:
            if step == "join" and at in joins and since is None:
                since = at
            elif step == "leave" and at in leaves:
                found.append(Stay(at, at, assumed=True) if since is None else Stay(since, at))
                since = None
    if since is not None:
        found.append(Stay(since, max(since, end), assumed=True))
    return found


def seconds_of(spans: Iterable[tuple[int, int]]) -> set[int]:
    """Every second inside."""
    return set().union(*(range(start, end) for start, end in spans))


def moments_of(spans: Iterable[tuple[int, int]]) -> set[int]:
    """Every moment inside, both ends included."""
    return set().union(*(range(start, end + 1) for start, end in spans))


class LiveTime:
    """The live time of a session: the union of its main runs, gaps removed, and nothing before `cut`."""

    def __init__(self, spans: Iterable[tuple[int, int]], cut: int | None = None) -> None:
        spans = list(spans)
        self.seconds = {second for second in seconds_of(spans) if cut is None or second >= cut}
        self.moments = {moment for moment in moments_of(spans) if cut is None or moment >= cut}
        self._in_order = sorted(self.seconds)

    @property
    def length(self) -> int:
        """Seconds."""
        return len(self.seconds)

    @property
    def start(self) -> int:
        """Its first moment."""
        return min(self.moments)

    @property
    def end(self) -> int:
        """Its last moment."""
        return max(self.moments)

    def before(self, moment: int) -> int:
        """Live seconds before a moment."""
        return bisect_left(self._in_order, moment)
