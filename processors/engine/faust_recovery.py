"""What Faust's recovery of tables lacks: fences before it looks for the ends, a second reading of what it dropped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from aiokafka.errors import IllegalStateError, KafkaError
from faust.tables.recovery import RebalanceAgain
from faust.types.tuples import TP

from runtime.backoff import Backoff
from schemas.errors import FatalError

FENCE_SECONDS = 20.0
"""Faust waits 30 s for the ends of its changelogs (`broker_request_timeout`), and then goes on without them."""
LOOKS = Backoff(first_seconds=2.0, longest_seconds=60.0)
"""A recovery that reads applies some hundred thousand rows in 2 s; but a slow line is given ever more time, since
reading again throws away what is under way."""

log = logging.getLogger(__name__)


class TakeOver:
    """Fences off the former owners of changelogs before Faust asks where they end, at each rebalance.

    Args:
        app: whose tables are recovered.
        fence: returns when nothing that they still send counts any more.
    """

    def __init__(self, app: Any, fence: Callable[[Collection[TP]], Awaitable[None]]) -> None:
        recovery = app.tables.recovery
        self._fence = fence
        self._look_for_ends = recovery._build_highwaters
        self._under_way: asyncio.Future[None] | None = None
        recovery._build_highwaters = self._build_highwaters
        app.on_partitions_revoked.connect(self._revoked, weak=False)

    async def _build_highwaters(self, consumer: Any, changelogs: Collection[TP], *where: Any) -> None:
        """As Faust's, behind the fences.

        Raises:
            RebalanceAgain: the partitions are ours no more, and a fence would shut out their next owner.
            FatalError: Kafka has not taken the fences; Faust would go on without the ends.
        """
        under_way = self._under_way = asyncio.ensure_future(self._fence(changelogs))
        try:
            await asyncio.wait([under_way], timeout=FENCE_SECONDS)
            if under_way.cancelled():
                raise RebalanceAgain
            if not under_way.done():
                raise FatalError(f"Kafka has fenced off no former owner of the partitions within {FENCE_SECONDS:g} s")
            under_way.result()
        finally:
            under_way.cancel()
        await self._look_for_ends(consumer, changelogs, *where)

    async def _revoked(self, *_app: Any, **_signal: Any) -> None:
        if self._under_way is not None:
            self._under_way.cancel()


class SecondReading:
    """Reads changelogs once more where a recovery stands still.

    What Faust has fetched while its flow is stopped, or while partitions change hands, it drops, and seeks back to what
    is committed (0.15, `Consumer.getmany`). Of changelogs nothing is: their rows would have gone by, and the recovery
    would wait for them until the next rebalance. A take-over always has rows to read, those of the fences.

    Args:
        app: whose tables are recovered.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        before: Mapping[TP, int] = {}
        in_vain = 1
        while True:
            await asyncio.sleep(LOOKS.seconds(in_vain, spread=0))
            behind = self._behind()
            if not behind or behind != before:
                before, in_vain = behind, 1
                continue
            in_vain += 1
            log.warning("changelogs read again", extra={
                "partitions": len(behind), "next": "nothing: Faust drops what it fetches amid a change of hands",
            })  # fmt: skip
            try:
                recovery = self._app.tables.recovery
                await recovery._seek_offsets(self._app.consumer, set(behind), recovery.active_offsets, "active")
            except (IllegalStateError, KafkaError, TimeoutError) as error:
                # They are another worker's by now, or Kafka is away.
                log.debug("changelogs not read again", extra={"reason": type(error).__name__})

    def _behind(self) -> Mapping[TP, int]:
        """Where each changelog stands whose rows are awaited; none while rows wait to be applied, or none may come."""
        tables, consumer = self._app.tables, self._app.consumer
        recovery = tables.recovery
        if not (recovery.in_recovery and consumer.flow_active and tables.changelog_queue.empty()):
            return {}
        remaining = recovery.active_remaining()
        return {tp: recovery.active_offsets[tp] for tp in recovery.active_tps if remaining[tp] > 0}
