"""Which model of the section `scoring` is meant. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.scoring_models import Scoring
from schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """One of the file's models."""

    settings: Scoring
    is_live: bool

    @property
    def name(self) -> str:
        """Its `model_version`."""
        return self.settings.model_version


def chosen_model(scoring: Scoring, name: str) -> ChosenModel:
    """The model of that name.

    Raises:
        ConfigurationError: the file has none.
    """
    if name == scoring.model_version:
        return ChosenModel(scoring, is_live=True)
    if name in scoring.candidates:
        return ChosenModel(scoring.candidate(name), is_live=False)
    there = ", ".join([f"{scoring.model_version} (live)", *scoring.candidates])
    raise ConfigurationError(f"scoring: there is no model `{name}`; there are: {there}")
