"""Says in the log when a worker becomes ready, and when Kafka goes and comes back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

_LOOK_SECONDS = 0.25
NOT_READY_SECONDS = 60.0
"""A rebalance or a recovery of the tables passes; one that lasts longer is told of."""

log = logging.getLogger(__name__)


class Situation(NamedTuple):
    """How a worker is at a moment."""

    ready: bool
    kafka_is_away: bool
    reasons: tuple[str, ...]
    """Why it is not ready, for people."""
    partitions: tuple[int, ...]


class ReadinessLog:
    """A line for each change that an operator wants to know of; times are monotonic seconds.

    Args:
        facts: what is said with the first `ready`.
        at: when the process began.
    """

    def __init__(self, facts: Mapping[str, object], at: float) -> None:
        self._facts = facts
        self._began = self._not_ready_since = at
        self._away_since: float | None = None
        self._partitions: tuple[int, ...] | None = None
        """Those that were told, once there were any."""
        self._delay_told = False

    def note(self, now: Situation, at: float) -> None:
        """It is so now."""
        self._note_kafka(now, at)
        if now.ready:
            self._note_ready(now, at)
        elif not now.kafka_is_away:
            self._note_delay(now, at)

    def _note_kafka(self, now: Situation, at: float) -> None:
        if now.kafka_is_away and self._away_since is None:
            self._away_since = at
            log.warning("kafka lost", extra={
                "brokers": self._facts.get("brokers"),
                "next": "nothing is lost, and it goes on by itself; bring the brokers back, or look at the network",
            })  # fmt: skip
        elif not now.kafka_is_away and self._away_since is not None:
            log.info("kafka reached again", extra={"away_seconds": round(at - self._away_since, 1)})
            self._away_since = None
            self._not_ready_since = at

    def _note_ready(self, now: Situation, at: float) -> None:
        partitions = ",".join(map(str, now.partitions))
        if self._partitions is None:
            facts = {**self._facts, "partitions": partitions, "after_seconds": round(at - self._began, 1)}
            log.info("ready", extra=facts)
        elif self._partitions != now.partitions:
            log.info("other partitions", extra={"partitions": partitions})
        elif self._delay_told:
            log.info("ready again", extra={"after_seconds": round(at - self._not_ready_since, 1)})
        self._partitions, self._delay_told, self._not_ready_since = now.partitions, False, at

    def _note_delay(self, now: Situation, at: float) -> None:
        if self._delay_told or at - self._not_ready_since < NOT_READY_SECONDS:
            return
        self._delay_told = True
        seconds = round(at - self._not_ready_since)
        log.warning("not ready", extra={"reasons": "; ".join(now.reasons), "for_seconds": seconds})


@asynccontextmanager
async def telling(facts: Mapping[str, object], situation: Callable[[], Situation | None]) -> AsyncIterator[None]:
    """Look, and say what has changed, while the block runs; `None`: there is nothing to say yet."""
    task = asyncio.create_task(_tell(ReadinessLog(facts, time.monotonic()), situation), name="readiness log")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _tell(told: ReadinessLog, situation: Callable[[], Situation | None]) -> None:
    while True:
        if (now := situation()) is not None:
            told.note(now, time.monotonic())
        await asyncio.sleep(_LOOK_SECONDS)
