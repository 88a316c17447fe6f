"""Keeping to a rate, and waits that somebody imposed; the times are the test's."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.pace import Pace


def test_pace_spreads_work_and_makes_up_for_no_pause() -> None:
    """Ten a second: after five half a second, whatever was before."""
    pace = Pace()
    assert pace.wait_seconds(100.0) == 0
    pace.spend(5 / 10, 100.0)
    assert pace.wait_seconds(100.1) == pytest.approx(0.4)
    assert pace.wait_seconds(900.0) == 0
    pace.spend(5 / 10, 900.0)
    assert pace.wait_seconds(900.0) == pytest.approx(0.5)


@given(
    st.lists(st.tuples(st.floats(0, 10), st.integers(1, 50)), min_size=2),
    st.floats(0.5, 100),
    st.floats(0, 2),
)
def test_pace_never_exceeds_its_rate_but_by_what_may_be_caught_up(
    asked: list[tuple[float, int]], rate: float, catch_up_seconds: float
) -> None:
    """Between any two pieces lies at least what all since the first take of the rate, less what may be caught up."""
    pace, now, went = Pace(), 1_000.0, list[tuple[float, float]]()
    for pause, count in asked:
        now = max(now + pause, pace.next_at)
        pace.spend(count / rate, now, catch_up_seconds)
        went.append((now, count / rate))
    for first in range(len(went)):
        taken = 0.0
        for (_, seconds), (at, _) in pairwise(went[first:]):
            taken += seconds
            assert at - went[first][0] >= taken - catch_up_seconds - 1e-6


def test_pace_given_back_lets_the_next_piece_go() -> None:
    """What did not go is not counted."""
    pace = Pace()
    pace.spend(3.0, 10.0)
    pace.give_back(3.0)
    assert pace.wait_seconds(10.0) == 0


def test_pace_held_goes_on_when_the_longest_wait_is_over() -> None:
    """A shorter wait than the one that is under way changes nothing, and the rate runs on meanwhile."""
    pace = Pace()
    pace.hold(5.0, 10.0)
    pace.hold(1.0, 11.0)
    pace.spend(2.0, 10.0)
    assert (pace.held_seconds(12.0), pace.wait_seconds(12.0), pace.due_at) == (3.0, 0.0, 15.0)
    assert pace.held_seconds(16.0) == 0
