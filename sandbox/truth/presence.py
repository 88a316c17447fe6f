"""Time, second by second: sets of seconds instead of interval arithmetic. Slow, and easy to check by eye. PURE.

A *moment* is an instant, an integer. The *second* `t` is the stretch from moment `t` to moment `t + 1`.
"""

from __future__ import annotations

from collections.abc import Iterable

Interval = tuple[int, int]


def intervals(joins: set[int], leaves: set[int], end: int) -> list[Interval]:
    """Walks through the instants of one connection (attendance.md 2); `end` closes what stays open.

    >>> intervals({0, 20}, {20}, 50)  # a room move at 20
    [(0, 20), (20, 50)]
    >>> intervals({7}, {7}, 50)  # a visit of zero length
    [(7, 7)]
    >>> intervals({5}, {5, 9}, 50)  # out at 5: the leave comes first
    [(5, 5), (5, 9)]
    """
    instants = sorted(joins | leaves)
    found: list[Interval] = []
    since: int | None = None
    for at in instants:
        both = at in joins and at in leaves
        join_first = both and since is None and at == instants[-1]
        steps = ["join", "leave"] if join_first else ["leave", "join"]
        for step in steps:
            if step == "join" and at in joins and since is None:
                since = at
            elif step == "leave" and at in leaves:
                found.append((at if since is None else since, at))
                since = None
    if since is not None:
        found.append((since, max(since, end)))
    return found


def seconds_of(spans: Iterable[Interval]) -> set[int]:
    """Every second inside."""
    return {second for start, end in spans for second in range(start, end)}


def moments_of(spans: Iterable[Interval]) -> set[int]:
    """Every moment inside, both ends included."""
    return {moment for start, end in spans for moment in range(start, end + 1)}


class LiveTime:
    """The live time of an occurrence: the union of its instances, gaps removed."""

    def __init__(self, spans: Iterable[Interval]) -> None:
        spans = list(spans)
        self.seconds = seconds_of(spans)
        self.moments = moments_of(spans)

    @property
    def length(self) -> int:
        """Seconds."""
        return len(self.seconds)

    def before(self, moment: int) -> int:
        """Live seconds before a moment."""
        return sum(1 for second in self.seconds if second < moment)
