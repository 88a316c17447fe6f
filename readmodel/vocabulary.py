"""Words of the tables that projections write and questions read. PURE."""

from __future__ import annotations

RETRACTED = "retracted"
"""`people.status` of a result that was taken back; `reason` says why."""
NO_SCORE = -1
"""`people.score` of a result without one: a page goes on behind a number."""
JUDGEMENT = ("reason", "is_final", "evidence", "rule", "joins", "assumed", "webhooks", "report_rows")
"""`people.judgement`, in this order (`readmodel.shared`): what many people of a session have alike."""
SCORING = ("stayed", "interaction", "maximum")
"""`people.scoring`: the parts of a score (`schemas.engagement.ScoreParts`) that many have alike."""
POINT = 10_000
"""`people.attendance` and `people.punctuality` count such parts of a point: almost everybody has others."""
STANDING = ("tier", "reference_day", "model_version", "half_life_days", "hot_from", "warm_from")
"""`scores.standing`: what a score means, of which day it is, what it was computed with."""
WANTED = ("kind", "name", "session_uuid", "cause", "origin", "as_it_happened")
"""`calls.wanted`: what Brevo was to do, and why (`schemas.brevo.Command`)."""
WRITTEN = ("acknowledged", "unchanged")
"""Outcomes after which Brevo holds what was wanted."""
OVER_NOT_FINAL = ("ended", "live")
"""States of a session that waits for Zoom's report (`schemas.sessions.SessionSummary`)."""
