"""Who was there when, as bars of a width of 1000: the page needs no script and no style of its own for them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from console.views.words import lasting
from readmodel.lines.sessions import RunLine, SessionLine

WIDTH, STEPS = 1_000, 60
_NARROWEST = 4
Intervals = Sequence[tuple[int, int]]
"""Seconds since the session's start, in order; none overlaps another."""


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
    count: int
    label: str


@dataclass(frozen=True, slots=True)
class TimeLine:
    """A session from its start to its end: its runs, and how many were there."""

    runs: tuple[tuple[Bar, bool], ...]
    """Each with whether it is a main one."""
    steps: tuple[Headcount, ...]
    """None where nobody was there."""
    in_words: str
    """All of it in words, for who does not see it."""


def bars(intervals: Intervals, span_seconds: int) -> tuple[Bar, ...]:
    """Somebody's stays in a session; what lies outside of it is cut off, and the shortest stay can still be seen.

    >>> bars([(0, 900), (1800, 3600)], 3600)
    (Bar(left=0, width=250), Bar(left=500, width=500))
    """
    if span_seconds <= 0:
        return ()
    return tuple(_bar(since, until, span_seconds) for since, until in intervals if until > since)


def stays_in_words(intervals: Intervals) -> str:
    """The same in words, for who does not see the bars.

    >>> stays_in_words([(0, 900), (1800, 3600)])
    'there from 0 s to 15 min, from 30 min to 1 h 0 min'
    """
    if not intervals:
        return "not there"
    return "there " + ", ".join(f"from {lasting(since)} to {lasting(until)}" for since, until in intervals)


def time_line(session: SessionLine, people: Sequence[Intervals]) -> TimeLine | None:
    """The time line of a session that has ended; ``None`` before.

    Args:
        session: with its runs.
        people: who was there when.
    """
    began, span = session.started_at, session.span_seconds
    if began is None or not span:
        return None
    runs = [
        (
            _bar(round((run.started_at - began).total_seconds()), round((run.ended_at - began).total_seconds()), span),
            run,
        )
        for run in session.runs
    ]
    steps = headcounts(people, span)
    words = [f"{_clock(run)}{'' if run.is_main else ' (few people)'}" for run in session.runs]
    said = f"{len(words)} runs: {', '.join(words)}. " if len(words) > 1 else ""
    return TimeLine(tuple((bar, run.is_main) for bar, run in runs), steps, said + _most(steps, began, span))


def headcounts(people: Sequence[Intervals], span_seconds: int, steps: int = STEPS) -> tuple[Headcount, ...]:
    """How many were there in each step; a person counts in a step that they were in at its middle.

    Of who comes and goes alone, so that it costs the same however many steps there are.

    >>> [step.height for step in headcounts([[(0, 3600)], [(0, 1800)]], 3600, steps=4)]
    [100, 100, 50, 50]
    """
    if span_seconds <= 0:
        return ()
    middles = [(step + 0.5) * span_seconds / steps for step in range(steps)]
    come = Counter(bisect_left(middles, since) for intervals in people for since, _until in intervals)
    gone = Counter(bisect_left(middles, until) for intervals in people for _since, until in intervals)
    counts = list(accumulate(come[step] - gone[step] for step in range(steps)))
    highest = max(counts, default=0)
    if not highest:
        return ()
    edges = [WIDTH * step // steps for step in range(steps + 1)]
    return tuple(
        Headcount(
            edges[step],
            edges[step + 1] - edges[step],
            round(100 * count / highest),
            count,
            f"{lasting(step * span_seconds / steps)}: {count}",
        )
        for step, count in enumerate(counts)
    )


def _bar(since: int, until: int, span_seconds: int) -> Bar:
    left = WIDTH * max(0, min(since, span_seconds)) // span_seconds
    right = WIDTH * max(0, min(until, span_seconds)) // span_seconds
    return Bar(min(left, WIDTH - _NARROWEST), max(right - left, _NARROWEST))


def _clock(run: RunLine) -> str:
    return f"{run.started_at:%H:%M} to {run.ended_at:%H:%M} UTC"


def _most(steps: Sequence[Headcount], began: datetime, span_seconds: int) -> str:
    if not steps:
        return "Nobody who is known was there."
    most = max(steps, key=lambda step: step.count)
    at = began + timedelta(seconds=most.left * span_seconds / WIDTH)
    ends = f"{steps[0].count:,} at the beginning, {steps[-1].count:,} at the end"
    return f"At most {most.count:,} at once, from {at:%H:%M} UTC on; {ends}."
