"""The page of Brevo's errors says what the table of the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from processors.brevo.decisions.answers import ANSWER_CLASSES, AnswerClass

PAGE = (Path(__file__).parents[2] / "docs/reference/brevo-errors.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells
    for line in PAGE.splitlines()
    if line.startswith("| `") and len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 4
}


@pytest.mark.parametrize("row", ANSWER_CLASSES, ids=lambda row: row.name)
def test_class_is_documented_with_what_is_done_and_said(row: AnswerClass) -> None:
    """The name is a label of a metric and a header of dead letters: people will look it up."""
    _, _, done, says = ROWS[row.name]
    assert done == f"{row.outcome.value}{', in doubt' if row.ambiguous else ''}"
    assert says == row.says


def test_documented_classes_all_exist_in_their_order() -> None:
    """The first that fits counts."""
    assert [name for name in ROWS if name in {row.name for row in ANSWER_CLASSES}] == [
        row.name for row in ANSWER_CLASSES
    ]
