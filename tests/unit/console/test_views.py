import doctest
from types import ModuleType

import pytest

from console.views import bars, curve, histogram, links, spreadsheet, words
from console.views.bars import headcounts
from console.views.links import session_key, session_word
from console.views.spreadsheet import lines


@pytest.mark.parametrize("module", [bars, curve, histogram, links, spreadsheet, words])
def test_examples_of_the_docstrings(module: ModuleType) -> None:
    """They are the rules."""
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("key", [0, 1, -1, 2**63 - 1, -(2**63)])
def test_session_key_goes_through_a_url(key: int) -> None:
    """Whatever its sign."""
    assert session_key(session_word(key)) == key


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\n=1", "\uff1d1+1"])
def test_no_cell_is_a_formula(text: str) -> None:
    """Names are what people call themselves."""
    assert lines([[text]]).strip("\r\n").strip('"').startswith("'")


def test_headcount_is_of_who_was_there_at_the_middle_of_a_step() -> None:
    """From the moment somebody comes to before they go; a stay that no middle falls into counts nowhere."""
    people = [[(0, 15), (25, 40)], [(5, 25)], [(6, 14)], [(-50, 5)], [(35, 90)]]
    counts = [sum(any(since <= at < until for since, until in one) for one in people) for at in (5, 15, 25, 35)]
    assert [step.count for step in headcounts(people, 40, steps=4)] == counts == [2, 1, 1, 2]


def test_headcounts_of_nobody_are_none() -> None:
    """Nor are there any of a session without a length."""
    assert headcounts([], 3600) == ()
    assert headcounts([[(0, 10)]], 0) == ()
