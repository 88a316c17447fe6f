"""A score model: one set of weights, half life and tiers, applied to what is kept of a contact. PURE."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from processors.engagement.contact_score import Occurrence, ScoreOnDay, decay_weights, standing
from processors.engagement.score import Points, session_points
from processors.engagement.state import SessionRow
from runtime.scoring_models import Scoring
from schemas.codec import pack
from schemas.instants import SECONDS_PER_DAY


class Model:
    """The same results always give the same score."""

    def __init__(self, settings: Scoring) -> None:
        self.settings = settings
        self.settings_digest = digest(settings.model_dump(mode="json", exclude={"candidates"}))
        self._decay = decay_weights(settings.half_life_days)

    def points(self, row: SessionRow) -> Points:
        """The points of one result."""
        return session_points(
            attended_seconds=row.attended_seconds,
            length_seconds=row.length_seconds,
            late_seconds=row.late_seconds,
            stayed=row.status == "attended",
            interaction=row.interaction,
            weights=self.settings.weights,
        )

    def standing(self, results: Sequence[SessionRow], swept_day: int) -> ScoreOnDay | None:
        """Where a contact stands with these results, in order of (E, session_uuid); ``None`` when there are none.

        `swept_day`: of the latest decay sweep that wrote the contact, in days since 1970; 0: of none.
        """
        return self.standing_of(results, [self.points(row).score for row in results], swept_day)

    def standing_of(self, results: Sequence[SessionRow], scores: Sequence[int], swept_day: int) -> ScoreOnDay | None:
        """The same where the scores of the results are known."""
        days = [row.ended_at // SECONDS_PER_DAY for row in results]
        occurrences = [Occurrence(day, score) for day, score in zip(days, scores, strict=True)]
        at_day = swept_day if days and swept_day > days[-1] else None
        return standing(occurrences, self._decay, self.settings.tiers, at_day=at_day)


def digest(value: object) -> str:
    """Short hash of a value of plain JSON."""
    return hashlib.sha256(pack(value)).hexdigest()[:16]
