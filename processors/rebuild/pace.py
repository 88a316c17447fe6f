"""Keeps a rebuild to a rate, so that it leaves the cluster to live work."""

from __future__ import annotations

import asyncio
import time


class Pace:
    """So many records a second, on average since it began or was last idle.

    Args:
        per_second: records.
    """

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._free_at = time.monotonic()

    async def after(self, records: int) -> None:
        """Return when the next ones may be taken."""
        self._free_at = max(self._free_at, time.monotonic()) + records / self._per_second
        await asyncio.sleep(max(0.0, self._free_at - time.monotonic()))
