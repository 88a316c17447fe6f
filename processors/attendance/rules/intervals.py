"""From instants to presence: the walk through a connection, unions, clipping (attendance.md 2, 3). PURE.

Intervals are closed at both ends, in whole seconds; lengths are differences, so one of zero length is somebody who was
there for less than a second or at one known instant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple


class Interval(NamedTuple):
    """[start, end] in seconds since 1970; `assumed` when one of its ends was not reported."""

    start: int
    end: int
    assumed: bool = False


def walk(joins: Collection[int], leaves: Collection[int], end: int) -> list[Interval]:
    """The intervals of one connection from the set of its instants, in order.

    At one second that has both, the leave comes first: while in it is a room move (still in after it), while out it was
    a visit of unknown length before this join. Only at the connection's last instant, while out, the join comes first:
    a visit of zero length.

    >>> walk({10, 20}, {20, 30}, 60)
    [Interval(start=10, end=20, assumed=False), Interval(start=20, end=30, assumed=False)]
    >>> walk(set(), {30}, 60)
    [Interval(start=30, end=30, assumed=True)]
    """
    intervals: list[Interval] = []
    entered: int | None = None
    instants = sorted({*joins, *leaves})
    for instant in instants:
        both = instant in joins and instant in leaves
        if both and entered is None and instant == instants[-1]:
            intervals.append(Interval(instant, instant))
            continue
        if instant in leaves:
            if entered is None:
                intervals.append(Interval(instant, instant, assumed=True))
            else:
                intervals.append(Interval(entered, instant))
                entered = None
        if instant in joins and entered is None:
            entered = instant
    if entered is not None:
        intervals.append(Interval(entered, max(entered, end), assumed=True))
    return intervals


def union(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ordered intervals that do not overlap or touch, covering the same instants.

    >>> union([(20, 55), (0, 30)])
    [(0, 55)]
    """
    merged: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def clip(intervals: Iterable[tuple[int, int]], live: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of `intervals` within `live`; both in order and without overlaps. A shared instant is a part."""
    bounds = list(live)
    parts = [
        (max(start, opens), min(end, closes))
        for start, end in intervals
        for opens, closes in bounds
        if max(start, opens) <= min(end, closes)
    ]
    return union(parts)


def length(intervals: Iterable[tuple[int, int]]) -> int:
    """Seconds covered by intervals that do not overlap."""
    return sum(end - start for start, end in intervals)


def length_before(instant: int, live: Iterable[tuple[int, int]]) -> int:
    """Seconds of `live` before `instant`: gaps do not count."""
    return sum(max(0, min(end, instant) - start) for start, end in live)
