"""What one person did in a session, at the borders: to the second, and never rounded in anybody's favour."""

from __future__ import annotations

from fractions import Fraction

import pytest

from processors.attendance.rules.intervals import Interval
from processors.attendance.rules.people import Attendance, StayRules, attend
from processors.attendance.rules.runs import Run
from processors.attendance.rules.sessions import Session

FIVE_PERCENT = Fraction(1, 20)


def session(*live: tuple[int, int]) -> Session:
    """One whose main runs were these."""
    runs = tuple(Run(f"run {start}", start, end) for start, end in live)
    uuids = tuple(run.uuid for run in runs)
    return Session(runs=runs, given=uuids, main=frozenset(uuids), live=list(live))


def stayed(left: int, seconds: int, rules: StayRules | None = None) -> Attendance:
    """Of somebody who came at the start."""
    found = attend([Interval(0, left)], 1, session((0, seconds)), rules or StayRules(FIVE_PERCENT))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("seconds", "left", "reason"),
    [
        (3_600, 3_420, "present_to_the_end"),
        (3_600, 3_419, "left_before_the_end"),
        # 95 % of it are 3,420.95 s.
        (3_601, 3_421, "present_to_the_end"),
        (3_601, 3_420, "left_before_the_end"),
    ],
)
def test_last_window_begins_at_its_exact_instant(seconds: int, left: int, reason: str) -> None:
    """Who leaves at that second was there; the second before is too early."""
    assert stayed(left, seconds).reason == reason


def test_last_window_is_of_live_time_and_reaches_over_a_gap() -> None:
    """Of two runs the second has a minute: the last two minutes begin in the first."""
    (first, second) = (0, 2_340), (3_600, 3_660)
    rules, both = StayRules(FIVE_PERCENT), session(first, second)
    reasons = [
        found.reason for left in (2_279, 2_280) if (found := attend([Interval(0, left)], 1, both, rules)) is not None
    ]
    assert reasons == ["left_before_the_end", "present_to_the_end"]


@pytest.mark.parametrize(
    ("rules", "enough"),
    [
        (StayRules(FIVE_PERCENT, minimum_seconds=300), 300),
        # A tenth of 3,601 s are 360.1 s.
        (StayRules(FIVE_PERCENT, minimum_share=Fraction(1, 10)), 361),
        (StayRules(FIVE_PERCENT, minimum_seconds=300, minimum_share=Fraction(1, 10)), 361),
        (StayRules(FIVE_PERCENT, minimum_seconds=400, minimum_share=Fraction(1, 10)), 400),
    ],
)
def test_minimum_that_is_just_reached_is_enough(rules: StayRules, enough: int) -> None:
    """Both have to be reached where there are both."""
    live = session((0, 3_601))
    reasons = [
        found.reason
        for seconds in (enough - 1, enough)
        if (found := attend([Interval(3_601 - seconds, 3_601)], 1, live, rules)) is not None
    ]
    assert reasons == ["below_the_minimum", "present_to_the_end"]


def test_late_is_counted_in_live_time() -> None:
    """Who comes a minute after a break of ten was there a minute late, plus the first run."""
    found = attend([Interval(1_260, 2_000)], 1, session((0, 600), (1_200, 2_000)), StayRules(FIVE_PERCENT))
    assert found is not None
    assert (found.late_seconds, found.first_join, found.intervals) == (660, 1_260, ((1_260, 2_000),))


def test_nobody_is_there_longer_than_it_was_live() -> None:
    """Intervals are clipped; one that touches the live time counts, one beside it does not."""
    rules, live = StayRules(FIVE_PERCENT), session((100, 200))
    found = attend([Interval(0, 150), Interval(140, 999, assumed=True)], 2, live, rules)
    assert found is not None
    assert (found.attended_seconds, found.last_leave, found.assumed) == (100, 200, True)
    touching = attend([Interval(0, 100)], 1, live, rules)
    assert touching is not None
    assert touching.attended_seconds == 0
    assert attend([Interval(0, 99)], 1, live, rules) is None
