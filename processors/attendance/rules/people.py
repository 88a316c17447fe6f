"""What a person did in a session, from what stands of their presence in its runs (attendance.md 3, 5). PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil

from processors.attendance.rules.intervals import Interval, clip, length, length_before, union
from processors.attendance.rules.sessions import Session
from schemas.attendance import AttendanceStatus, ResultReason


@dataclass(frozen=True, slots=True, eq=False)
class StayRules:
    """Who stayed to the end. One object of the settings: its exact fractions are slow to compare."""

    end_window: Fraction
    """Part of the live time."""
    minimum_seconds: int = 0
    minimum_share: Fraction = Fraction(0)
    """Of the length; both minimums have to be reached."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """What one person did; instants in seconds since 1970, durations in seconds."""

    status: AttendanceStatus
    reason: ResultReason
    attended_seconds: int = 0
    intervals: tuple[tuple[int, int], ...] = ()
    """Since S, ordered, clipped to the live time."""
    first_join: int | None = None
    last_leave: int | None = None
    late_seconds: int | None = None
    joins: int = 0
    assumed: bool = False


def attend(intervals: Iterable[Interval], joins: int, session: Session, rules: StayRules) -> Attendance | None:
    """Unite a person's intervals and compare them with the live time.

    ``None`` for somebody whose intervals all lie outside it: they came to nothing that counts, and did not stay away.
    """
    everything = list(intervals)
    live = session.live
    present = clip(union((start, end) for start, end, _assumed in everything), live)
    if not present:
        return None
    attended = length(present)
    reason = _reason(present, attended, session, rules)
    return Attendance(
        status="attended" if reason == "present_to_the_end" else "left_early",
        reason=reason,
        attended_seconds=attended,
        intervals=tuple((since - session.start, until - session.start) for since, until in present),
        first_join=present[0][0],
        last_leave=present[-1][1],
        late_seconds=length_before(present[0][0], live),
        joins=joins,
        assumed=any(interval.assumed for interval in everything),
    )


def _reason(present: list[tuple[int, int]], attended: int, session: Session, rules: StayRules) -> ResultReason:
    opens, minimum = _borders(session.length, rules)
    if length_before(present[-1][1], session.live) < opens:
        return "left_before_the_end"
    return "below_the_minimum" if attended < minimum else "present_to_the_end"


@lru_cache(maxsize=128)  # exact, and so slow; it is the same for everybody in a session
def _borders(seconds: int, rules: StayRules) -> tuple[int, int]:
    """(live time after which the last window opens, how much is enough).

    The window is a length of live time, so it may reach over a gap into an earlier run.
    """
    return ceil(seconds * (1 - rules.end_window)), max(rules.minimum_seconds, ceil(rules.minimum_share * seconds))
