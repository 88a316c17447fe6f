"""Which sessions are told of anew when the state changes, and what would undo that."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ops.rebuild.summaries import retold
from schemas.instants import as_datetime
from schemas.sessions import SessionCounts, SessionSummary

STARTED = as_datetime(1_800_000_000)
SUMMARY = SessionSummary(
    session_uuid="u", instances=("u",), account_id="acc", object_id="1", object_type="webinar", topic="T", host_id="h",
    started_at=STARTED, ended_at=STARTED + timedelta(hours=1), length_seconds=3_600, is_final=True,
    counts=SessionCounts(attended=3), state="final",
)  # fmt: skip
OTHER = SUMMARY.model_copy(update={"counts": SessionCounts(attended=2)})


def test_equal_sessions_are_not_told_again() -> None:
    """Who brought the news is no difference."""
    other = SUMMARY.model_copy(update={"origin": "backfill"})
    assert list(retold({b"u": SUMMARY}, {b"u": other}, is_whole=True, horizon=None)) == []


def test_another_session_is_told_and_the_one_before_is_kept() -> None:
    """An undoing tells that again."""
    (change,) = retold({b"u": SUMMARY}, {b"u": OTHER}, is_whole=False, horizon=None)
    assert (change.now, change.before) == (OTHER, SUMMARY)
    (back,) = retold({b"u": change.now}, {b"u": change.before}, is_whole=False, horizon=None)
    assert (back.now, back.before) == (SUMMARY, OTHER)


def test_a_session_that_is_new_is_taken_back_by_undoing() -> None:
    """There was nothing to overwrite."""
    (change,) = retold({}, {b"u": OTHER}, is_whole=True, horizon=None)
    assert (change.now, change.before.retracted) == (OTHER, True)


@pytest.mark.parametrize(
    ("is_whole", "horizon", "count"),
    [(True, None, 1), (True, STARTED, 1), (True, STARTED + timedelta(seconds=1), 0), (False, None, 0)],
)
def test_a_session_that_is_gone_is_taken_back_unless_the_raw_topic_lacks_it(
    is_whole: bool, horizon: object, count: int
) -> None:
    """A state that a switch once overwrote says nothing of the others."""
    found = list(retold({b"u": SUMMARY}, {}, is_whole=is_whole, horizon=horizon))  # type: ignore[arg-type] # parametrized
    assert [change.now.retracted for change in found] == [True] * count


@pytest.mark.parametrize("other", [{}, {b"u": OTHER}])
def test_a_session_that_is_under_way_is_left_to_the_workers(other: dict[bytes, SessionSummary]) -> None:
    """Whatever a rebuild has concluded of it."""
    running = SUMMARY.model_copy(update={"is_final": False, "state": "running"})
    assert list(retold({b"u": running}, other, is_whole=True, horizon=None)) == []
