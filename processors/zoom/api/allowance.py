"""What one account may still call, and when: pace per label, pools per day, waits that Zoom imposed. PURE.

How the rate is kept to is `runtime/pace.py`, as for Brevo. What is Zoom's own: all processes that call for an account
take from one of these (`allowance_file.py`), so it is data, and a call is booked when it is asked for: a queue in one
process would not know of the others. That live work comes first is settled by the due queue and by the day's pools.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from processors.zoom.api.limits import RateLabel, ZoomPlan, daily_pool, rate
from runtime.pace import Pace
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

    paces: dict[str, Pace] = field(default_factory=dict)
    """By label: the next call's slot, and until when Zoom wants none."""
    day: int = 0
    """Days since 1970, in UTC: of which `used` counts the calls, by pool."""
    used: dict[str, int] = field(default_factory=dict)

    def take(self, plan: ZoomPlan, label: RateLabel, priority: Priority, now: float) -> Slot | PausedByZoom | UsedUp:
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
        pace = self._pace(label)
        if pace.wait_seconds(now) > _FARTHEST_SLOT_SECONDS:
            pace.next_at = now
        slot = Slot(pace.wait_seconds(now))
        pace.spend(rate(plan, label).interval_seconds, now)
        return slot

    def give_back(self, plan: ZoomPlan, label: RateLabel) -> None:
        """A slot led to no call: the day's count loses it."""
        pool = daily_pool(plan, label)
        if pool is not None and self.used.get(pool.name, 0) > 0:
            self.used[pool.name] -= 1

    def hold(self, label: RateLabel, seconds: float, now: float) -> None:
        """No call of this label for so long; never shortens a longer wait."""
        self._pace(label).hold(seconds, now)

    def held_seconds(self, label: RateLabel, now: float) -> float:
        """What is left of a wait that Zoom imposed; 0 when there is none."""
        held = self.paces.get(label, Pace()).held_seconds(now)
        return held if held <= _LONGEST_HOLD_SECONDS else 0.0

    def used_today(self, pool: str, now: float) -> int:
        """Calls of this UTC day that a pool counts."""
        return self.used.get(pool, 0) if int(now // SECONDS_PER_DAY) == self.day else 0

    def as_json(self) -> dict[str, Any]:
        """For `from_json`."""
        paces = {label: [pace.next_at, pace.held_until] for label, pace in self.paces.items()}
        return {"paces": paces, "day": self.day, "used": self.used}

    @classmethod
    def from_json(cls, fields: object) -> Allowance:
        """What `as_json` gave; a new one where it is anything else."""
        if not isinstance(fields, dict) or not isinstance(fields.get("day"), int):
            return cls()
        paces = {label: Pace(*said) for label, said in _entries(fields.get("paces")) if _are_instants(said)}
        used = {pool: int(count) for pool, count in _entries(fields.get("used")) if _is_number(count)}
        return cls(paces, fields["day"], used)

    def _pace(self, label: str) -> Pace:
        return self.paces.setdefault(label, Pace())


def _entries(said: object) -> list[tuple[str, Any]]:
    return [(str(name), value) for name, value in said.items()] if isinstance(said, dict) else []


def _are_instants(said: object) -> bool:
    return isinstance(said, list) and len(said) == 2 and all(map(_is_number, said))


def _is_number(said: object) -> bool:
    return isinstance(said, int | float) and math.isfinite(said)
