"""Words of the tables that projections write and questions read. PURE."""

from __future__ import annotations

RETRACTED = "retracted"
"""`people.status` of a result that was taken back; `reason` says why."""
NO_SCORE = -1
"""`people.score` of a result without one: a page goes on behind a number."""
SCORING = ("attendance", "punctuality", "stayed", "interaction", "maximum")
"""`people.scoring`: these parts in this order (`schemas.engagement.ScoreParts`)."""
WRITTEN = ("acknowledged", "unchanged")
"""Outcomes after which Brevo holds what was wanted."""
OVER_NOT_FINAL = ("ended", "live")
"""States of a session that waits for Zoom's report (`schemas.sessions.SessionSummary`)."""
