from __future__ import annotations

from typing import Any

import pytest

from processors.engagement.state import merged_session
from processors.engagement.why import why
from schemas.attendance import Result
from tests.support.contact_facts import no_show, result


def sentence(fact: Result) -> str:
    """The sentence about one result."""
    return why(merged_session(None, fact, None))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "55 of 60 min, on time, left before the end"),
        ({"attendance_status": "attended", "attended_seconds": 3570}, "60 of 60 min, on time, stayed to the end"),
        ({"attended_seconds": 3569}, "59 of 60 min, on time, left before the end"),
        ({"late_seconds": 120}, "55 of 60 min, on time, left before the end"),
        ({"late_seconds": 121}, "55 of 60 min, 2 min late, left before the end"),
        ({"late_seconds": 1530}, "55 of 60 min, 26 min late, left before the end"),
        (
            {"interaction": {"polls_answered": 2, "polls_offered": 3, "questions_asked": 1, "chat_messages": 4}},
            "55 of 60 min, on time, left before the end, 2 of 3 polls, asked a question, 4 chat messages",
        ),
        (
            {"interaction": {"polls_answered": 0, "polls_offered": 3, "questions_asked": 0, "chat_messages": 0}},
            "55 of 60 min, on time, left before the end",
        ),
    ],
)
def test_why_someone_who_came_names_the_parts(fields: dict[str, Any], expected: str) -> None:
    """Minutes half up, punctuality, the end, and of the interaction what there was."""
    assert sentence(result(**fields)) == expected


def test_why_no_show_says_so() -> None:
    """Who did not come gets the one sentence for it."""
    assert sentence(no_show()) == "registered, did not attend"


def test_why_absurd_numbers_stay_within_200_characters() -> None:
    """The attribute never exceeds its limit."""
    counts = {"polls_answered": 10**60, "polls_offered": 10**60, "questions_asked": 1, "chat_messages": 10**60}
    assert len(sentence(result(interaction=counts))) == 200
