"""Coded columns: each word of the schemas has a letter, no letter two words, and the page says them all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from readmodel.coded import Coded
from readmodel.codes import (
    OUTCOME_LETTERS,
    STATUS_LETTERS,
    Codes,
)
from readmodel.tables import METADATA
from readmodel.vocabulary import RETRACTED
from schemas.attendance import AttendanceStatus
from schemas.brevo import CommandOutcome

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "read-model.md"


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (STATUS_LETTERS, (*get_args(AttendanceStatus), RETRACTED)),
        (OUTCOME_LETTERS, get_args(CommandOutcome)),
    ],
)
def test_every_word_has_a_letter_of_its_own(codes: Codes, words: tuple[str, ...]) -> None:
    """Another word would be kept whole."""
    assert set(codes.letters) == set(words)
    assert len({codes.code(word) for word in words}) == len(words)


def test_coded_columns_are_those_that_the_page_names() -> None:
    """Who asks with SQL alone finds the letters there."""
    coded = {
        f"{table.name}.{column.name}": column.type.codes
        for table in METADATA.sorted_tables
        for column in table.columns
        if isinstance(column.type, Coded)
    }
    page = PAGE.read_text("utf-8")
    named = re.findall(r"^\| `(\w+\.\w+)` \| `.` ", page, re.MULTILINE)
    assert sorted(named) == sorted(coded)
    for name, codes in coded.items():
        letters = ", ".join(f"`{letter}` {word}" for word, letter in codes.letters.items())
        assert f"| `{name}` | {letters} |" in page
