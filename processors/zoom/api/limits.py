"""Zoom's rate limits by plan and label. PURE.

They count per account and over all of its apps, and an app cannot find out the plan: it is configuration.
"""

# https://developers.zoom.us/docs/api/rate-limits/, checked 2026-11-21.

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Plan = Literal["free", "pro", "business"]
Label = Literal["light", "medium", "heavy", "resource-intensive"]

PAGE_SIZE = 300
"""Rows of a page at most (https://developers.zoom.us/docs/api/pagination/, checked 2026-11-21)."""
SHARE = 0.8
"""How much of a rate is used: the account's other apps draw on the same one."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in so many seconds."""

    calls: int
    seconds: int

    @property
    def interval_seconds(self) -> float:
        """Seconds from one call to the next that keep to our share of the rate."""
        return self.seconds / (self.calls * SHARE)


@dataclass(frozen=True, slots=True)
class DailyPool:
    """Calls of one UTC day, counted together for all labels that name the same pool."""

    name: str
    calls: int


_RATES: dict[Plan, dict[Label, Rate]] = {
    "free": {
        "light": Rate(4, 1),
        "medium": Rate(2, 1),
        "heavy": Rate(1, 1),
        "resource-intensive": Rate(10, 60),
    },
    "pro": {
        "light": Rate(30, 1),
        "medium": Rate(20, 1),
        "heavy": Rate(10, 1),
        "resource-intensive": Rate(10, 60),
    },
    "business": {
        "light": Rate(80, 1),
        "medium": Rate(60, 1),
        "heavy": Rate(40, 1),
        "resource-intensive": Rate(20, 60),
    },
}
_POOLS: dict[Plan, dict[Label, DailyPool]] = {
    "free": {
        "light": DailyPool("light", 6_000),
        "medium": DailyPool("medium", 2_000),
        "heavy": DailyPool("heavy", 1_000),
        "resource-intensive": DailyPool("resource-intensive", 30_000),
    },
    "pro": {
        "heavy": DailyPool("heavy and resource-intensive", 30_000),
        "resource-intensive": DailyPool("heavy and resource-intensive", 30_000),
    },
    "business": {
        "heavy": DailyPool("heavy and resource-intensive", 60_000),
        "resource-intensive": DailyPool("heavy and resource-intensive", 60_000),
    },
}

LABELS: tuple[Label, ...] = ("light", "medium", "heavy", "resource-intensive")


def rate(plan: Plan, label: Label) -> Rate:
    """The rate of a label."""
    return _RATES[plan][label]


def daily_pool(plan: Plan, label: Label) -> DailyPool | None:
    """The pool that a label draws on; ``None`` when the plan has no daily limit for it."""
    return _POOLS[plan].get(label)
