"""Keeps a rebuild to a rate, so that it leaves the cluster to live work."""

from __future__ import annotations

import asyncio
import time

from runtime.pace import Pace


class Throttle:
    """So many records a second, on average since it began or was last idle.

    Args:
        per_second: records.
    """

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._pace = Pace()

    async def after(self, records: int) -> None:
        """Return when the next ones may be taken."""
        now = time.monotonic()
        self._pace.spend(records / self._per_second, now)
        await asyncio.sleep(self._pace.wait_seconds(now))
