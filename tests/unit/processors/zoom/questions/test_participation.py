from __future__ import annotations

import pytest

from processors.zoom.questions.participation import participation
from schemas.lookups import Interacted

MAYA = "Maya.Okafor@example.com"


def test_polls_are_told_apart_by_their_id_and_else_by_their_question() -> None:
    """Two questions of one poll are one poll; the same question in two polls is two."""
    one = {"polling_id": "p1", "question": "How are you?", "answer": "fine"}
    told = participation(
        "polls",
        [
            {"email": MAYA, "question_details": [one, {**one, "question": "And now?"}, {**one, "polling_id": "p2"}]},
            {"email": "noor@example.com", "question_details": [{**one, "polling_id": ""}, one]},
        ],
    )
    first, second = (set(row["items"]) for row in told)
    assert (len(first), len(second), len(first & second)) == (2, 2, 1)
    assert [row["email"] for row in told] == ["maya.okafor@example.com", "noor@example.com"]


@pytest.mark.parametrize("kind", ["polls", "questions"])
def test_participation_holds_nothing_of_what_was_said(kind: Interacted) -> None:
    """Neither answers nor questions nor names leave the look-up agent."""
    said = {"question": "Is my illness covered?", "answer": "no, never", "question_id": "q1", "date_time": "x"}
    (row,) = participation(kind, [{"email": MAYA, "name": "Maya Okafor", "question_details": [said]}])
    assert set(row) == {"email", "items"}
    assert all(len(item) == 16 and set(item) <= set("0123456789abcdef") for item in row["items"])


def test_participation_of_somebody_unnamed_counts_and_of_nobody_does_not() -> None:
    """A guest without an address shows that there was a poll; who answered none has no row."""
    anonymous = {"email": "", "name": "iPhone", "question_details": [{"polling_id": "p1"}]}
    assert [row["email"] for row in participation("polls", [anonymous, {"email": MAYA}])] == [""]
