from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runtime.backoff import Backoff

BACKOFF = Backoff(first_seconds=1, longest_seconds=300)


def test_backoff_grows_to_its_limit() -> None:
    """However often it failed, the wait is no longer than the longest."""
    waits = [BACKOFF.seconds(failures, 0.0) for failures in range(1, 2_000)]
    assert waits == sorted(waits)
    assert waits[-1] == 300


@given(st.integers(1, 100), st.floats(0, 1))
def test_backoff_spread_takes_at_most_half(failures: int, spread: float) -> None:
    """Those that failed together come back apart, none of them at once."""
    assert BACKOFF.seconds(failures, 0) / 2 <= BACKOFF.seconds(failures, spread) <= BACKOFF.seconds(failures, 0)


def test_backoff_keeps_to_what_was_asked_for() -> None:
    """A wait is never shorter than the other side asked for, and longer than ours only if it did."""
    assert BACKOFF.at_least(36_000.0, 1, 0.0) == 36_000.0
    assert BACKOFF.at_least(36_000.0, 1, 0.5) > 36_000.0
    assert BACKOFF.at_least(1.0, 10, 0.0) > 100
    assert BACKOFF.at_least(None, 1, 0.0) == BACKOFF.seconds(1, 0.0)
