"""A candidate model beside the live one: in figures, and who changes tier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

BIN_POINTS = 10
"""Width of a bar of the histograms; the last one has 100, too."""


def bin_label(place: int) -> str:
    """The scores of a bar.

    >>> bin_label(0), bin_label(9)
    ('0-9', '90-100')
    """
    first, behind = place * BIN_POINTS, (place + 1) * BIN_POINTS
    return f"{first}-{behind if behind == 100 else behind - 1}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """All contacts for which the candidate was computed."""

    model: str
    contacts: int
    scored: int
    """Contacts with a live score: more than `contacts` where the candidate was not computed for all yet."""
    failed: int
    """Of the contacts: the candidate gave nothing."""
    tiers: Mapping[tuple[str, str], int]
    """Contacts by (live tier, candidate's tier), of those that it gave something."""
    live_bins: tuple[int, ...]
    """Of the same contacts: how many have a live score of 0-9, 10-19, … 90-100."""
    bins: tuple[int, ...]
    """By the candidate's score."""

    @property
    def moved(self) -> int:
        """Contacts whose tier would be another."""
        return sum(count for (live, candidate), count in self.tiers.items() if live != candidate)


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """What one candidate gives one contact."""

    model: str
    score: int | None
    """``None``: it gave nothing; `failed` says why."""
    tier: str | None
    failed: str | None
    live_score: int
    """On the same day, by the live model."""
    live_tier: str
    reference_date: date


@dataclass(frozen=True, slots=True)
class MoverLine:
    """Somebody whose tier would be another."""

    contact_id: str
    email: str | None
    name: str | None
    live_score: int
    live_tier: str
    score: int
    tier: str
    reference_date: date
