"""Zoom's rate limits by plan and label. PURE.

They count per account and over all of its apps, and an app cannot find out the plan: it is configuration.
"""

# https://developers.zoom.us/docs/api/rate-limits/, checked 2026-11-21.

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ZoomPlan = Literal["free", "pro", "business"]
RateLabel = Literal["light", "medium", "heavy", "resource-intensive"]

PAGE_SIZE = 300
"""Rows of a page at most (https://developers.zoom.us/docs/api/pagination/, checked 2026-11-21)."""
SHARE = 0.8
"""How much of a rate is used: the account's other apps draw on the same one."""


@dataclass(frozen=True, slots=True)
class CallRate:
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


_RATES: dict[ZoomPlan, dict[RateLabel, CallRate]] = {
    "free": {
        "light": CallRate(4, 1),
        "medium": CallRate(2, 1),
        "heavy": CallRate(1, 1),
        "resource-intensive": CallRate(10, 60),
    },
    "pro": {
        "light": CallRate(30, 1),
        "medium": CallRate(20, 1),
        "heavy": CallRate(10, 1),
        "resource-intensive": CallRate(10, 60),
    },
    "business": {
        "light": CallRate(80, 1),
        "medium": CallRate(60, 1),
        "heavy": CallRate(40, 1),
        "resource-intensive": CallRate(20, 60),
    },
}
_POOLS: dict[ZoomPlan, dict[RateLabel, DailyPool]] = {
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

LABELS: tuple[RateLabel, ...] = ("light", "medium", "heavy", "resource-intensive")


def rate(plan: ZoomPlan, label: RateLabel) -> CallRate:
    """The rate of a label."""
    return _RATES[plan][label]


def daily_pool(plan: ZoomPlan, label: RateLabel) -> DailyPool | None:
    """The pool that a label draws on; ``None`` when the plan has no daily limit for it."""
    return _POOLS[plan].get(label)
