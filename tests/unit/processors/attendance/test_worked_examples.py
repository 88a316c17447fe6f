"""Every example of the page that defines attendance comes true in the rules."""

from __future__ import annotations

import pytest

from tests.support.worked_examples import examples
from tests.support.worked_outcomes import outcome

SECTIONS = {"1", "2", "3", "4", "5", "8"}


@pytest.mark.parametrize(("heading", "text"), examples(), ids=lambda text: text.splitlines()[0])
def test_example_of_the_page_comes_true(heading: str, text: str) -> None:
    """What stands behind `=>`."""
    said, so = outcome(text)
    assert said, heading
    assert so == said


def test_each_section_of_rules_has_an_example() -> None:
    """Those of score and tier have theirs as doctests."""
    assert {heading.partition(".")[0] for heading, _text in examples()} >= SECTIONS
