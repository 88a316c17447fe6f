"""How a contact came to its score: what each session counts for by age, and the tier after each. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from processors.engagement.contact_score import SCALE, Occurrence, decay_weights, standing
from readmodel.lines.contacts import SessionResult
from runtime.scoring_models import Scoring
from schemas.engagement import HORIZON_DAYS, Tier


@dataclass(frozen=True, slots=True)
class ScoreStep:
    """One session that is scored, and where the contact stood after it."""

    session_uuid: str
    ended_at: datetime
    score: int
    weight: float
    """What the session counts for on the reference day: 1 on its own day, a half after `scoring.half_life_days`."""
    contact_score: int
    """After this session, on its day."""
    tier: Tier


def history(attendances: Sequence[SessionResult], scoring: Scoring, reference: date) -> tuple[ScoreStep, ...]:
    """The steps in order of the sessions' ends; by today's settings, whatever they were at the time."""
    scored = sorted(
        (attendance.session.ended_at.astimezone(UTC), attendance.session.session_uuid, attendance.person.score)
        for attendance in attendances
        if attendance.session is not None
        and attendance.session.ended_at is not None
        and attendance.person.score is not None
    )
    weights = decay_weights(scoring.half_life_days)
    occurrences = [Occurrence(_day(ended_at.date()), score) for ended_at, _, score in scored]
    steps = []
    for count, (ended_at, uuid, score) in enumerate(scored, start=1):
        at = standing(occurrences[:count], weights, scoring.tiers)
        assert at is not None  # there is one at least
        age = max(0, _day(reference) - at.day)
        weight = weights[age] / SCALE if age <= HORIZON_DAYS else 0.0
        steps.append(ScoreStep(uuid, ended_at, score, weight, at.score, at.tier))
    return tuple(steps)


def changes_of_tier(steps: Sequence[ScoreStep]) -> tuple[ScoreStep, ...]:
    """The steps after which the tier was another than before; the first is always one."""
    return tuple(
        step for before, step in zip((None, *steps), steps, strict=False) if not before or before.tier != step.tier
    )


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days
