"""Keeps one account's calls within Zoom's limits: waits for the pace, and for what Zoom imposed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from processors.zoom.api.allowance import PausedByZoom, Slot, UsedUp
from processors.zoom.api.allowance_file import AllowanceFile
from processors.zoom.api.limits import LABELS, RateLabel, ZoomPlan, daily_pool, rate
from processors.zoom.api.metrics import LimitMetrics
from runtime.outcome import NoAnswer, Outcome
from schemas.priority import Priority

LONGEST_WAIT_SECONDS = 30.0
"""A wait up to this is sat out in place; a longer one goes back to the caller."""


class Budget:
    """One account's share of Zoom's limits."""

    def __init__(
        self,
        plan: ZoomPlan,
        metrics: LimitMetrics,
        allowance: AllowanceFile,
        *,
        account_id: str,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        """Nothing is read before the first call.

        Args:
            plan: decides the limits.
            metrics: shows the limits and what is used of them, and counts the time waited.
            allowance: what is left; other processes may take from it too.
            account_id: names the account in metrics.
            clock: seconds since 1970.
            random: a number in [0, 1) for jitter.
        """
        self._plan = plan
        self._metrics = metrics
        self._allowance = allowance
        self._account_id = account_id
        self._clock = clock
        self._random = random
        for label in LABELS:
            self._show(label, account_id)

    async def hold(self, label: RateLabel, seconds: float) -> None:
        """Zoom asked for a wait: nobody calls this label before it is over, plus up to a tenth or a second."""
        async with self._allowance.opened() as allowance:
            allowance.hold(label, seconds + self._random() * max(1.0, seconds / 10), self._clock())

    async def take(self, label: RateLabel, priority: Priority) -> NoAnswer | None:
        """Return when one call may be made, or why none may be made within `LONGEST_WAIT_SECONDS`.

        A wait that Zoom imposes while one waits for the pace counts too: it is looked for again before each call.
        """
        slot: Slot | None = None
        while True:
            async with self._allowance.opened() as allowance:
                if (held := allowance.held_seconds(label, self._clock())) <= 0 and slot is not None:
                    self._metrics.permits.labels(self._account_id, label).inc()
                    return None
                if slot is not None:
                    allowance.give_back(self._plan, label)
                taken = PausedByZoom(held) if held > 0 else allowance.take(self._plan, label, priority, self._clock())
            slot = taken if isinstance(taken, Slot) else None
            if isinstance(taken, UsedUp):
                says = f"the day's {taken.calls} {taken.pool} calls to Zoom are used up"
                return NoAnswer(Outcome.PAUSE, says + (" for bulk work" if priority == "bulk" else ""), taken.seconds)
            if isinstance(taken, PausedByZoom) and taken.seconds > LONGEST_WAIT_SECONDS:
                return NoAnswer(Outcome.PAUSE, f"Zoom's limit for {label} calls is used up", taken.seconds)
            seconds = taken.wait_seconds if isinstance(taken, Slot) else taken.seconds
            self._metrics.wait_seconds.labels(label, "pace" if isinstance(taken, Slot) else "told").inc(seconds)
            await asyncio.sleep(seconds)

    def _show(self, label: RateLabel, account_id: str) -> None:
        """Figures that are worked out when somebody looks, so that they hold without a call too."""
        metrics, pool = self._metrics, daily_pool(self._plan, label)
        metrics.rate_limit.labels(account_id, label).set(1 / rate(self._plan, label).interval_seconds)
        held = metrics.held_seconds.labels(account_id, label)
        held.set_function(lambda: self._allowance.latest.held_seconds(label, self._clock()))
        if pool is not None:
            metrics.daily_limit.labels(account_id, pool.name).set(pool.calls)
            used = metrics.daily_calls.labels(account_id, pool.name)
            used.set_function(lambda: self._allowance.latest.used_today(pool.name, self._clock()))
