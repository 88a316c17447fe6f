"""What a rebuild would do: whose score by a model differs from what is told of them. PURE."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ops.score.models import ChosenModel
from processors.engagement.assessment import Assessor
from processors.engagement.candidates import Candidates, candidates_digest
from processors.engagement.resync import can_be_rebuilt
from processors.engagement.state import ContactRows
from runtime.models import Configuration
from schemas.engagement import Tier

NO_TIER = "none"
"""In the place of a tier where no score is told."""
TierChange = tuple[str, str]
"""As told now, and by the model."""


@dataclass(frozen=True, slots=True)
class RebuildNeed:
    """What is to be done for one contact."""

    is_due: bool
    """False: all of it is done already."""
    tiers: TierChange
    sends_command: bool = False
    """Something of it is sent to Brevo."""


@dataclass(slots=True)
class RebuildPlan:
    """The same in figures."""

    looked_at: int = 0
    left_alone: int = 0
    """Without a score, or of a domain that is left out."""
    contacts: list[str] = field(default_factory=list)
    """Ids of those who are to be computed."""
    commands: int = 0
    tiers: Counter[TierChange] = field(default_factory=Counter)
    """Of all who were looked at and have a score."""

    def add(self, contact_id: str, need: RebuildNeed | None) -> None:
        """Count one contact."""
        self.looked_at += 1
        if need is None:
            self.left_alone += 1
            return
        self.tiers[need.tiers] += 1
        if need.is_due:
            self.contacts.append(contact_id)
            self.commands += need.sends_command

    @property
    def moved(self) -> dict[TierChange, int]:
        """Contacts whose tier is another by the model."""
        return {tiers: count for tiers, count in sorted(self.tiers.items()) if tiers[0] != tiers[1]}


class RebuildPlanner:
    """Computes what the worker will."""

    def __init__(self, configuration: Configuration, model: ChosenModel) -> None:
        self._configuration = configuration
        self._model = model
        self._assessor = Assessor(configuration)
        self._candidates = Candidates.of(self._assessor, configuration)

    def need(self, contact_id: str, rows: ContactRows, told: Tier | None) -> RebuildNeed | None:
        """What is due for the contact; ``None``: it is left alone.

        Args:
            contact_id: whose.
            rows: what is kept.
            told: the tier of the score that was published last.
        """
        if not can_be_rebuilt(rows, self._configuration):
            return None
        scored, wanted = self._assessor.assess(rows)
        beside = self._candidates.of_contact(contact_id, rows, scored)
        is_due = candidates_digest(beside) != rows.head.candidates_digest
        if not self._model.is_live:
            given = {candidate.model_version: candidate.tier for candidate in beside.candidates} if beside else {}
            return RebuildNeed(is_due, (told or NO_TIER, given.get(self._model.name, NO_TIER)))
        digest = scored.digest(self._assessor.model.settings_digest) if scored else ""
        sends = wanted.digest() != rows.head.upsert_digest
        is_due = is_due or sends or digest != rows.head.score_digest
        return RebuildNeed(is_due, (told or NO_TIER, scored.standing.tier if scored else NO_TIER), sends)
