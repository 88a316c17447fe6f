"""Keeps one account's calls within Zoom's limits: pace per label, pools per day, and waits that Zoom imposed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiolimiter import AsyncLimiter

from processors.zoom.api.limits import LABELS, Label, Plan, daily_pool, rate
from processors.zoom.api.metrics import ZoomMetrics
from schemas.errors import RetryLaterError
from schemas.instants import SECONDS_PER_DAY

LONGEST_WAIT_SECONDS = 30.0
"""A wait up to this is sat out in place; a longer one goes back to the caller as `RetryLaterError`."""


class Budget:
    """One account's share of Zoom's limits."""

    def __init__(
        self,
        plan: Plan,
        metrics: ZoomMetrics,
        *,
        account_id: str,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        """Start with an empty count of the day: what was called before a restart is not known, Zoom's 429 tells.

        Args:
            plan: decides the limits.
            metrics: shows the limits and what is used of them, and counts the time waited.
            account_id: names the account there.
            clock: seconds since 1970.
            random: a number in [0, 1) for jitter.
        """
        self._plan = plan
        self._metrics = metrics
        self._clock = clock
        self._random = random
        self._paces: dict[Label, AsyncLimiter] = {}
        self._held_until: dict[Label, float] = {}
        self._day = 0
        self._used: dict[str, int] = {}
        for label in LABELS:
            self._show(label, account_id)

    def hold(self, label: Label, seconds: float) -> None:
        """Zoom asked for a wait: nobody calls this label before it is over, plus up to a tenth or a second."""
        until = self._clock() + seconds + self._random() * max(1.0, seconds / 10)
        self._held_until[label] = max(until, self._held_until.get(label, 0.0))

    async def take(self, label: Label) -> None:
        """Return when one call may be made.

        Raises:
            RetryLaterError: that would take more than `LONGEST_WAIT_SECONDS`.
        """
        while (held := self._held_until.get(label, 0.0) - self._clock()) > 0:
            if held > LONGEST_WAIT_SECONDS:
                raise RetryLaterError(f"Zoom's limit for {label} calls is used up", after_seconds=held)
            self._metrics.wait_seconds.labels(label, "told").inc(held)
            await asyncio.sleep(held)
        self._count(label)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._pace(label).acquire()
        self._metrics.wait_seconds.labels(label, "pace").inc(loop.time() - began)

    def _show(self, label: Label, account_id: str) -> None:
        """Figures that are worked out when somebody looks, so that they hold without a call too."""
        metrics, pool = self._metrics, daily_pool(self._plan, label)
        metrics.rate_limit.labels(account_id, label).set(1 / rate(self._plan, label).interval_seconds)
        held = metrics.held_seconds.labels(account_id, label)
        held.set_function(lambda: max(0.0, self._held_until.get(label, 0.0) - self._clock()))
        if pool is not None:
            metrics.daily_limit.labels(account_id, pool.name).set(pool.calls)
            used = metrics.daily_calls.labels(account_id, pool.name)
            used.set_function(lambda: self._used.get(pool.name, 0) if self._today() == self._day else 0)

    def _today(self) -> int:
        return int(self._clock() // SECONDS_PER_DAY)

    def _count(self, label: Label) -> None:
        pool = daily_pool(self._plan, label)
        if pool is None:
            return
        now, day = self._clock(), self._today()
        if day != self._day:
            self._day, self._used = day, {}
        used = self._used.get(pool.name, 0)
        if used >= pool.calls:
            raise RetryLaterError(
                f"the day's {pool.calls} {pool.name} calls to Zoom are used up",
                after_seconds=(day + 1) * SECONDS_PER_DAY - now,
            )
        self._used[pool.name] = used + 1

    def _pace(self, label: Label) -> AsyncLimiter:
        # One call per interval, no burst: a full bucket at once would let twice the rate through in its first second.
        if label not in self._paces:
            self._paces[label] = AsyncLimiter(1, rate(self._plan, label).interval_seconds)
        return self._paces[label]
