"""Shares, windows and back-off."""

from __future__ import annotations

import pytest

from processors.brevo.decisions.budget import WriterFigures, intent_window, share


def test_share_is_the_assigned_part_and_all_shares_make_the_whole() -> None:
    """Workers share Brevo's budget without a coordinator."""
    assert share(8, 3, 6) == 4
    assert sum(share(8, part, 6) for part in (1, 2, 3)) == pytest.approx(8)
    assert share(8, 0, 6) == 0


@pytest.mark.parametrize(
    ("per_second", "seconds", "parked", "expected"),
    [(8, 0.02, False, 2), (48, 0.1, False, 6), (8, 9, False, 8), (0.5, 9, False, 2), (8, 9, True, 1)],
)
def test_intent_window_is_what_the_answers_take_and_a_second_of_the_rate_at_most(
    per_second: float, seconds: float, parked: bool, expected: int
) -> None:
    """A kill leaves few in doubt, a parked family's probe one."""
    assert intent_window(per_second, seconds, parked=parked) == expected


def test_backoff_doubles_to_its_cap_and_spreads() -> None:
    """1 s, 2 s, 4 s … 60 s, up to half of it taken away."""
    figures = WriterFigures()
    assert [figures.backoff(n, 0) for n in (1, 2, 3, 7, 10_000)] == [1, 2, 4, 60, 60]
    assert figures.backoff(3, 1) == 2
