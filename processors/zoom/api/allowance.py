"""What one account may still call, and when: pace per label, pools per day, waits that Zoom imposed. PURE.

All processes that call for an account take from one of these (`allowance_file.py`), so it is data and one rule.
aiolimiter paces the calls of one process and knows neither pauses nor days.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from processors.zoom.api.limits import Label, Plan, daily_pool, rate
from schemas.instants import SECONDS_PER_DAY
from schemas.priority import Priority

LIVE_PART = 0.2
"""Of each daily pool: what bulk work leaves to live work."""
_FARTHEST_SLOT_SECONDS = 60.0
"""A slot beyond this is a clock's that was set back: hundreds of calls would have to wait at once for it."""
_LONGEST_HOLD_SECONDS = 1.2 * SECONDS_PER_DAY


@dataclass(frozen=True, slots=True)
class Slot:
    """A call may be made, after so many seconds."""

    wait_seconds: float


@dataclass(frozen=True, slots=True)
class PausedByZoom:
    """Zoom asked for a wait, which is over after so many seconds. Nothing was taken."""

    seconds: float


@dataclass(frozen=True, slots=True)
class UsedUp:
    """A day's pool is used up, for this priority at least. Nothing was taken."""

    pool: str
    calls: int
    seconds: float
    """Until the next day."""


@dataclass(slots=True)
class Allowance:
    """Seconds since 1970 and counts of calls."""

    next_at: dict[str, float] = field(default_factory=dict)
    """By label: the next call's slot."""
    held_until: dict[str, float] = field(default_factory=dict)
    """By label."""
    day: int = 0
    """Days since 1970, in UTC: of which `used` counts the calls, by pool."""
    used: dict[str, int] = field(default_factory=dict)

    def take(self, plan: Plan, label: Label, priority: Priority, now: float) -> Slot | PausedByZoom | UsedUp:
        """Take the next slot of a label: one call per interval, no burst, and bulk work leaves a part of each day.

        >>> allowance = Allowance()
        >>> [allowance.take("pro", "heavy", "live", 1_000.0) for _ in range(2)]
        [Slot(wait_seconds=0.0), Slot(wait_seconds=0.125)]
        """
        if (held := self.held_seconds(label, now)) > 0:
            return PausedByZoom(held)
        pool, day = daily_pool(plan, label), int(now // SECONDS_PER_DAY)
        if day != self.day:
            self.day, self.used = day, {}
        if pool is not None:
            most = pool.calls if priority == "live" else math.floor(pool.calls * (1 - LIVE_PART))
            if self.used.get(pool.name, 0) >= most:
                return UsedUp(pool.name, most, (day + 1) * SECONDS_PER_DAY - now)
            self.used[pool.name] = self.used.get(pool.name, 0) + 1
        at = self.next_at.get(label, now)
        at = at if now <= at <= now + _FARTHEST_SLOT_SECONDS else now
        self.next_at[label] = at + rate(plan, label).interval_seconds
        return Slot(at - now)

    def give_back(self, plan: Plan, label: Label) -> None:
        """A slot led to no call: the day's count loses it."""
        pool = daily_pool(plan, label)
        if pool is not None and self.used.get(pool.name, 0) > 0:
            self.used[pool.name] -= 1

    def hold(self, label: Label, seconds: float, now: float) -> None:
        """No call of this label for so long; never shortens a longer wait."""
        self.held_until[label] = max(now + seconds, self.held_until.get(label, 0.0))

    def held_seconds(self, label: Label, now: float) -> float:
        """What is left of a wait that Zoom imposed; 0 when there is none."""
        held = self.held_until.get(label, 0.0) - now
        return held if 0 < held <= _LONGEST_HOLD_SECONDS else 0.0

    def used_today(self, pool: str, now: float) -> int:
        """Calls of this UTC day that a pool counts."""
        return self.used.get(pool, 0) if int(now // SECONDS_PER_DAY) == self.day else 0

    def as_json(self) -> dict[str, Any]:
        """For `from_json`."""
        return {"next_at": self.next_at, "held_until": self.held_until, "day": self.day, "used": self.used}

    @classmethod
    def from_json(cls, fields: object) -> Allowance:
        """What `as_json` gave; a new one where it is anything else."""
        if not isinstance(fields, dict) or not isinstance(fields.get("day"), int):
            return cls()
        next_at, held_until, used = (_numbers(fields.get(name)) for name in ("next_at", "held_until", "used"))
        return cls(next_at, held_until, fields["day"], {name: int(count) for name, count in used.items()})


def _numbers(said: object) -> dict[str, float]:
    if not isinstance(said, dict):
        return {}
    return {str(name): value for name, value in said.items() if isinstance(value, int | float) and math.isfinite(value)}
