from __future__ import annotations

import doctest

from runtime import outage
from runtime.outage import Outage


def test_examples_hold() -> None:
    """Three failures in a row are an outage, and it is told once."""
    found = doctest.testmod(outage)
    assert found.attempted
    assert not found.failed


def test_outage_an_answer_in_between_begins_the_count_anew() -> None:
    """And its time."""
    away = Outage(apart_seconds=0.5)
    assert [away.failed(0.0), away.failed(1.0), away.answered(2.0)] == [False, False, None]
    assert [away.failed(3.0), away.failed(4.0), away.failed(5.0), away.answered(9.0)] == [False, False, True, 6.0]


def test_outage_of_calls_that_time_out_one_after_another_counts_them_apart() -> None:
    """A slow rate of failures is told as well: what counts is the distance from the last that counted."""
    away = Outage(apart_seconds=0.5)
    assert [away.failed(at / 10) for at in range(12)].index(True) == 10
