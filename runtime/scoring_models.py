"""The section `scoring`: the model that is live, and candidates that are computed beside it. PURE."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, model_validator

from runtime.section import Section

MOST_CANDIDATES = 5
"""Each is computed with every fact of a contact."""


def _time_of_day(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError('a time of day in UTC such as "03:30" (in quotes), or off')
    return value


TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
"""`HH:MM`."""


class Weights(Section):
    """Points of the parts of a score (attendance.md 6)."""

    attendance: int = Field(default=60, ge=0)
    punctuality: int = Field(default=15, ge=0)
    stayed: int = Field(default=10, ge=0)
    interaction: int = Field(default=15, ge=0)


class Tiers(Section):
    """Borders of the tiers, in points of the contact score."""

    hot: int = Field(default=70, ge=0, le=100)
    warm: int = Field(default=40, ge=0, le=100)
    hysteresis: int = Field(default=3, ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> Tiers:
        if self.hot <= self.warm:
            raise ValueError(f"hot ({self.hot}) has to be above warm ({self.warm}): who is hot has more points")
        return self


class CandidateWeights(Section):
    """As `Weights`; what is left out is the live model's."""

    attendance: int | None = Field(default=None, ge=0)
    punctuality: int | None = Field(default=None, ge=0)
    stayed: int | None = Field(default=None, ge=0)
    interaction: int | None = Field(default=None, ge=0)


class CandidateTiers(Section):
    """As `Tiers`; what is left out is the live model's."""

    hot: int | None = Field(default=None, ge=0, le=100)
    warm: int | None = Field(default=None, ge=0, le=100)
    hysteresis: int | None = Field(default=None, ge=0)


class Candidate(Section):
    """In what a model differs from the live one."""

    weights: CandidateWeights = CandidateWeights()
    half_life_days: int | None = Field(default=None, gt=0)
    tiers: CandidateTiers = CandidateTiers()


class Scoring(Section):
    """The score's model; a digest of it, without its candidates, is in every score."""

    model_version: str = "1"
    weights: Weights = Weights()
    half_life_days: int = Field(default=90, gt=0)
    tiers: Tiers = Tiers()
    decay_sweep: TimeOfDay | None = None
    """`HH:MM` in UTC, or off."""
    candidates: dict[str, Candidate] = Field(default_factory=dict)
    """By the `model_version` that each has once it is the live one."""

    @model_validator(mode="before")
    @classmethod
    def _sweep_as_written(cls, value: Any) -> Any:
        # YAML 1.1 reads a bare `off` as false, and a bare 13:30 as a number of base 60.
        written = value.get("decay_sweep") if isinstance(value, dict) else None
        if written in (False, "off"):
            return {**value, "decay_sweep": None}
        if isinstance(written, int) and not isinstance(written, bool):
            return {**value, "decay_sweep": f"{written // 60:02d}:{written % 60:02d}"}
        return value

    @model_validator(mode="after")
    def _candidates_can_be_models(self) -> Scoring:
        if len(self.candidates) > MOST_CANDIDATES:
            raise ValueError(f"candidates: {len(self.candidates)} are too many, {MOST_CANDIDATES} are computed at most")
        for name in self.candidates:
            if not re.fullmatch(r"[A-Za-z0-9._-]{1,40}", name):
                raise ValueError(f"candidates: `{name}` is no name: 1 to 40 letters, digits, `.`, `_` and `-`")
            if name == self.model_version:
                raise ValueError(f"candidates: `{name}` is the model_version of the live model: give it another name")
            try:
                self.candidate(name)
            except ValidationError as error:
                raise ValueError(f"candidates.{name}.tiers: {error.errors()[0]['ctx']['error']}") from None
        return self

    def candidate(self, name: str) -> Scoring:
        """The section as it is once that candidate is the live model: the same digest then as now.

        Raises:
            KeyError: there is no such candidate.
            ValidationError: its tiers are not in order; not after this section was validated.
        """
        said = self.candidates[name].model_dump(exclude_none=True)
        return Scoring(
            model_version=name,
            weights=Weights(**self.weights.model_dump() | said["weights"]),
            half_life_days=said.get("half_life_days", self.half_life_days),
            tiers=Tiers(**self.tiers.model_dump() | said["tiers"]),
            decay_sweep=self.decay_sweep,
        )

    def every_candidate(self) -> Iterator[Scoring]:
        """Each as `candidate` gives it, in the file's order."""
        return map(self.candidate, self.candidates)
