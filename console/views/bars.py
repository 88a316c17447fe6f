"""Who was there when, as bars of a width of 1000: the page needs no script and no style of its own for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.views.words import lasting

WIDTH = 1_000
Intervals = Sequence[tuple[int, int]]
"""Seconds since the session's start."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle, in thousandths of the session."""

    left: int
    width: int


@dataclass(frozen=True, slots=True)
class Headcount:
    """How many of those shown were there in one step of the session."""

    left: int
    width: int
    height: int
    """In hundredths of the highest."""
    label: str


def bars(intervals: Intervals, length_seconds: int) -> tuple[Bar, ...]:
    """Headcount in a session; what lies outside of it is cut off, and the shortest stay can still be seen.

    >>> bars([(0, 900), (1800, 3600)], 3600)
    (Bar(left=0, width=250), Bar(left=500, width=500))
    """
    if length_seconds <= 0:
        return ()
    found = []
    for since, until in intervals:
        left = WIDTH * max(0, min(since, length_seconds)) // length_seconds
        right = WIDTH * max(0, min(until, length_seconds)) // length_seconds
        if until > since:
            found.append(Bar(min(left, WIDTH - 4), max(right - left, 4)))
    return tuple(found)


def told(intervals: Intervals) -> str:
    """The same in words, for who does not see the bars.

    >>> told([(0, 900), (1800, 3600)])
    'there from 0 s to 15 min, from 30 min to 1 h 0 min'
    """
    if not intervals:
        return "not there"
    return "there " + ", ".join(f"from {lasting(since)} to {lasting(until)}" for since, until in intervals)


def time_line(people: Sequence[Intervals], length_seconds: int, steps: int = 60) -> tuple[Headcount, ...]:
    """How many were there in each step; a person counts in a step that they were in at its middle.

    >>> [each.height for each in time_line([[(0, 3600)], [(0, 1800)]], 3600, steps=4)]
    [100, 100, 50, 50]
    """
    if length_seconds <= 0:
        return ()
    middles = [(step + 0.5) * length_seconds / steps for step in range(steps)]
    counts = [sum(any(since <= at < until for since, until in one) for one in people) for at in middles]
    highest = max(counts, default=0)
    if not highest:
        return ()
    edges = [WIDTH * step // steps for step in range(steps + 1)]
    return tuple(
        Headcount(
            edges[step],
            edges[step + 1] - edges[step],
            round(100 * count / highest),
            f"{lasting(step * length_seconds / steps)}: {count}",
        )
        for step, count in enumerate(counts)
    )
