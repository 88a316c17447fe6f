"""When a further start of a rebuild goes on, and when it begins anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest

from schemas.states import RebuiltState

Stage = Literal["carrying", "computing", "built", "handed_over", "dropped"]


@pytest.mark.parametrize(
    ("stage", "unanswered", "asks_zoom", "goes_on"),
    [
        ("carrying", 0, False, False),
        ("computing", 0, True, True),
        ("built", 0, True, True),
        ("built", 3, False, True),
        ("built", 3, True, False),
        ("handed_over", 0, False, False),
    ],
)
def test_state_that_gave_up_questions_begins_anew_when_zoom_may_be_asked(
    stage: Stage, unanswered: int, asks_zoom: bool, goes_on: bool
) -> None:
    """Else it goes on where it stood, once it has taken over what it needs, and unless a switch to it was stopped."""
    state = RebuiltState(
        name="anew", stage=stage, started_at=datetime(2026, 11, 27, tzinfo=UTC), version="1", beside="first",
        unanswered=unanswered,
    )  # fmt: skip
    assert state.goes_on(asks_zoom=asks_zoom) is goes_on
