from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from processors.attendance.session_log import SessionLog
from processors.engine.view import Output
from schemas.sessions import Difference, Reconciliation, SessionCounts, SessionSummary
from schemas.topics import ATTENDANCE_RESULTS, ATTENDANCE_SESSIONS
from tests.support.log_lines import told

AT = datetime(2026, 8, 12, 16, tzinfo=UTC)
LIVE = SessionSummary(
    session_uuid="/H7c==",
    instances=("/H7c==",),
    account_id="acc",
    object_id="93577204816",
    object_type="webinar",
    topic="One to one with Maya Okafor",
    host_id="h",
    started_at=AT,
    ended_at=AT,
    length_seconds=3_600,
    is_final=False,
    counts=SessionCounts(registered=8, attended=4, left_early=2),
    state="live",
    next_check_at=AT,
    waits_for="Zoom's report",
)
FINAL = LIVE.model_copy(
    update={
        "is_final": True,
        "state": "final",
        "next_check_at": None,
        "waits_for": "",
        "counts": SessionCounts(registered=8, attended=4, left_early=2, no_shows=2),
        "reconciliation": Reconciliation(
            zoom_absentees=1, differences=(Difference(contact_id="c", side="only_ours", reason="r"),)
        ),
    }
)
WHICH = {"session": "/H7c==", "object": "93577204816", "account": "acc"}
COUNTS = {"registered": 8, "attended": 4, "left_early": 2, "no_shows": 0, "anonymous": 0, "excluded": 0}
LOOK = {"next": "rollcall session /H7c=="}


def published(summary: SessionSummary, **changed: Any) -> Output:
    """The record of a session."""
    return Output.of(ATTENDANCE_SESSIONS.name, b"k", summary.model_copy(update=changed))


def test_session_log_one_line_when_live_and_one_when_final(caplog: pytest.LogCaptureFixture) -> None:
    """With ids and counts, never with the title, and nothing of running and ended or of another next look."""
    caplog.set_level(logging.INFO)
    log = SessionLog()
    log.hear([published(LIVE, state="running"), published(LIVE, state="ended"), published(LIVE)])
    log.hear([published(LIVE, next_check_at=None), Output(ATTENDANCE_RESULTS.name, b"k", b"{}")])
    log.hear([published(FINAL), published(FINAL)])
    waits = {"waits_for": "Zoom's report", "next_check_at": "2026-08-12T16:00:00Z"}
    assert told(caplog) == [
        ("session live", WHICH | COUNTS | waits | LOOK),
        ("session final", WHICH | COUNTS | {"no_shows": 2, "differences": 1} | LOOK),
    ]
    assert "Maya" not in caplog.text


def test_session_log_correction_of_a_final_session_is_called_one(caplog: pytest.LogCaptureFixture) -> None:
    """Also what turns out to be none; how it was said last is remembered as long as the worker runs."""
    caplog.set_level(logging.INFO)
    log = SessionLog()
    log.hear([published(FINAL), published(FINAL, counts=SessionCounts(registered=9)), published(FINAL, retracted=True)])
    assert caplog.messages == ["session final", "session corrected", "session taken back"]
