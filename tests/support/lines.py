"""Lines of the read model, with everything that a test does not speak of filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from readmodel.lines.sessions import PersonLine, ScoreShare, SessionLine

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def session(uuid: str = "uuid==", **fields: Any) -> SessionLine:
    """A final session of an hour that ended at noon."""
    line = SessionLine(
        session=1, session_uuid=uuid, account_id="acc", object_id="94", object_type="webinar", topic="Roadmap",
        host_id="host", origin="live", state="final", waits_for="", next_check_at=None, scheduled_at=None,
        started_at=NOW - timedelta(hours=1), ended_at=NOW, length_seconds=3_600, is_final=True, retracted=False,
        evidence="both", registered=2, attended=1, left_early=0, no_shows=1, anonymous=0, excluded=0, assumed=0,
        outside=0, only_webhooks=0, rehearsals=0, rows_without_identity=0, not_synced=0, runs=(), instances=(uuid,),
        reconciliation=None, interaction=None,
    )  # fmt: skip
    return replace(line, **fields)


def person(**fields: Any) -> PersonLine:
    """Somebody who was there to the end and is at Brevo."""
    line = PersonLine(
        session=1, contact_id="b64b178a98dfec3c9923bfa5ecacb178", email="ana@example.com", name="Ana",
        status="attended", reason="present_to_the_end", is_final=True, attended_seconds=3_240, late_seconds=120,
        joins=1, assumed=False, intervals=((0, 3_240),), evidence="both", webhooks=1, report_rows=2, rule="email",
        judged_at=NOW, revision=1, score=82, scoring=ScoreShare(54.1, 11.6, 10.0, None, 85.0), sync="written",
        written_at=NOW, sync_detail="", left_out=None,
    )  # fmt: skip
    return replace(line, **fields)
