"""What rows have in short is what was said: stays that follow from other columns, and columns that many rows share."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readmodel import shared, stays
from readmodel.shared import MOST_CHARACTERS, apart, brief, together

SECONDS = st.integers(0, 90_000)


def test_examples_hold() -> None:
    """Of both modules."""
    assert doctest.testmod(shared).failed == doctest.testmod(stays).failed == 0


@given(st.lists(st.tuples(SECONDS, SECONDS), max_size=3).map(tuple), SECONDS, st.none() | SECONDS)
def test_stays_come_back_whatever_the_other_columns_say(
    told: tuple[tuple[int, int], ...], attended: int, late: int | None
) -> None:
    """Also those that do not follow from them, and nobody's."""
    assert stays.stays_of(stays.stored(told, attended, late), attended, late) == told


def test_values_that_are_equal_and_of_two_types_stay_apart() -> None:
    """A flag is not a count, although 1 is True."""
    assert [apart("a", together(value))["a"] is value for value in (True, 1)] == [True, True]


def test_text_that_no_index_takes_is_refused() -> None:
    """The record that brings it is counted as unreadable, and PostgreSQL goes on."""
    assert brief("x" * MOST_CHARACTERS)
    with pytest.raises(ValueError, match="too long"):
        together("x" * MOST_CHARACTERS, None)
