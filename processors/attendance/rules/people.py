"""From connections to a person, and what a person did in an occurrence (attendance.md 3, 5). PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from processors.attendance.rules.intervals import Interval, clip, length, length_before, union
from processors.attendance.rules.occurrences import Occurrence
from schemas.attendance import AttendanceStatus

Rule = Literal["registrant", "email", "user"]


@dataclass(frozen=True, slots=True)
class Presence:
    """One connection of a person: its intervals and join facts, and how it was recognised."""

    intervals: tuple[Interval, ...]
    joins: int
    rule: Rule
    registrant_id: str | None
    name: str | None
    excluded: bool


@dataclass(frozen=True, slots=True)
class Attendance:
    """What one person did; instants in seconds since 1970, durations in seconds."""

    status: AttendanceStatus
    attended_seconds: int
    intervals: tuple[tuple[int, int], ...]
    """Since S, ordered, clipped to the live time."""
    first_join: int | None
    last_leave: int | None
    late_seconds: int | None
    joins: int
    assumed: bool


def attend(presences: Iterable[Presence], occurrence: Occurrence, end_window: Fraction) -> Attendance:
    """Unite a person's connections and compare them with the live time.

    Somebody whose only intervals lie outside the live time came, and is no no-show: `left_early` with 0 seconds.
    """
    everything = [interval for presence in presences for interval in presence.intervals]
    live = occurrence.live
    present = clip(union((start, end) for start, end, _assumed in everything), live)
    joins = sum(presence.joins for presence in presences)
    assumed = any(interval.assumed for interval in everything)
    if not present:
        return Attendance("left_early", 0, (), None, None, None, joins, assumed)
    start = occurrence.start
    return Attendance(
        status="attended" if _there_at_the_end(present, live, end_window) else "left_early",
        attended_seconds=length(present),
        intervals=tuple((since - start, until - start) for since, until in present),
        first_join=present[0][0],
        last_leave=present[-1][1],
        late_seconds=length_before(present[0][0], live),
        joins=joins,
        assumed=assumed,
    )


def _there_at_the_end(present: list[tuple[int, int]], live: list[tuple[int, int]], end_window: Fraction) -> bool:
    """Present at any moment of the last `end_window` of the live time.

    The window is a length of live time, so it may reach over a gap into an earlier instance.
    """
    remaining = length(live) * (1 - end_window)
    last = present[-1][1]
    return length_before(last, live) >= remaining


NO_SHOW = Attendance("no_show", 0, (), None, None, None, 0, assumed=False)
