"""Candidate models beside the live one (`scoring.candidates`): what they would give a contact, and nothing more. PURE.

They share the live score's results and its day, so that a difference is the model's alone. They take no revision and
send no command: without candidates everything else is the same, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence

from processors.engagement.assessment import Assessor, Scored, standing_results
from processors.engagement.model import Model, digest
from processors.engagement.state import ContactRows, Head, SessionRow
from processors.engine.view import View
from runtime.models import Configuration
from schemas.engagement import CandidateScores, FailedModel, ModelScore
from schemas.instants import SECONDS_PER_DAY, utc_date
from schemas.topics import ENGAGEMENT_CANDIDATES


class Candidates:
    """Computes them all, and tells of them when something differs from what was told last.

    Args:
        live: with the live model.
        models: the candidates, in the order of the configuration.
    """

    def __init__(self, live: Assessor, models: Sequence[Model]) -> None:
        self._live = live
        self._models = models
        self.settings_digests = frozenset(model.settings_digest for model in models)

    @classmethod
    def of(cls, live: Assessor, configuration: Configuration) -> Candidates:
        """Those of the file."""
        return cls(live, tuple(map(Model, configuration.scoring.every_candidate())))

    def tell(
        self, contact_id: str, rows: ContactRows, scored: Scored | None, head: Head, view: View, *, again: bool = False
    ) -> Head:
        """Send what differs; returns the head after it.

        Args:
            contact_id: whose.
            rows: what is kept.
            scored: the live score of these rows.
            head: the contact's, as it is after the live score was sent.
            view: takes the record.
            again: also what does not differ, since the topic may hold something else.
        """
        found = self.of_contact(contact_id, rows, scored)
        now = candidates_digest(found)
        if now == head.candidates_digest and not (again and now):
            return head
        key = contact_id.encode()
        if found is None:
            view.send_tombstone(ENGAGEMENT_CANDIDATES.name, key, CandidateScores)
        else:
            view.send(ENGAGEMENT_CANDIDATES.name, key, found)
        return head._replace(candidates_digest=now)

    def of_contact(self, contact_id: str, rows: ContactRows, scored: Scored | None) -> CandidateScores | None:
        """What all models give, a candidate that fails by its name; ``None`` without candidates or without a score."""
        if scored is None or not self._models:
            return None
        results = standing_results(rows)
        scores, failed = list[ModelScore](), list[FailedModel]()
        for model in self._models:
            try:
                scores.append(_score(model, results, rows.head.swept_day))
            except Exception as error:  # noqa: BLE001 (whatever is wrong with a candidate, the live score goes on)
                failed.append(FailedModel(model_version=model.settings.model_version, error=type(error).__name__))
        now, live = scored.standing, self._live.model
        return CandidateScores(
            contact_id=contact_id,
            reference_date=utc_date(now.day * SECONDS_PER_DAY),
            live=ModelScore(
                model_version=live.settings.model_version,
                settings_digest=live.settings_digest,
                contact_score=now.score,
                tier=now.tier,
            ),
            candidates=tuple(scores),
            failed=tuple(failed),
        )


def _score(model: Model, results: Sequence[SessionRow], swept_day: int) -> ModelScore:
    standing = model.standing(results, swept_day)
    assert standing is not None  # there is a live score, so there are results
    return ModelScore(
        model_version=model.settings.model_version,
        settings_digest=model.settings_digest,
        contact_score=standing.score,
        tier=standing.tier,
    )


def candidates_digest(found: CandidateScores | None) -> str:
    """What `Head.candidates_digest` is once `found` was told."""
    return "" if found is None else digest(found.model_dump(mode="json"))
