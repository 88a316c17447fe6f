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
    away = Outage()
    assert [away.failed(0.0), away.failed(1.0), away.answered(2.0)] == [False, False, None]
    assert [away.failed(3.0), away.failed(4.0), away.failed(5.0), away.answered(9.0)] == [False, False, True, 6.0]
