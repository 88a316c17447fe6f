"""Confirmed publishing: rows go out in batches, one under way per partition, until the broker took or refused them.

What a batch is and which producer sends it is shared with the ingress (`runtime.kafka_batches`); waiting for a broker
that is away, asking whether the partitions are still this worker's, and fencing off who owned them before (`fences`)
is the engine's alone.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, ProducerFenced

from processors.engine.fences import Fences
from runtime.backoff import Backoff
from runtime.kafka import KafkaConnection
from runtime.kafka_batches import REFUSALS, confirming_producer, fill_batch, halves, key_hash
from schemas.errors import FatalError
from schemas.topic import MIB

BATCH_BYTES = 4 * MIB
"""One batch holds one row of the largest size, or one raw event on its way to a dead-letter topic,"""
FILLED_BYTES = MIB - 65_536
"""or many small rows, as many as every topic takes: a larger batch would be refused and halved."""
REQUEST_SECONDS = 10.0
"""So long aiokafka tries a batch before it gives it back; a test may want less."""
PASSING = (KafkaTimeoutError, KafkaConnectionError)
"""These are not marked as retriable by aiokafka, yet end when the broker is back."""
_PAUSES = Backoff(first_seconds=0.1, longest_seconds=2.0)
FENCE_KEY = b"\0"
"""Of the tombstone that puts a fence into a changelog; no table has such a key."""
OVERTAKEN = "this worker was silent for too long and another one owns its partitions"

NO_HEADERS: list[tuple[str, bytes]] = []  # aiokafka wants a list and only reads it

log = logging.getLogger(__name__)


class Row(NamedTuple):
    """One record to publish; `origin` is handed back when the broker refuses it."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]] = NO_HEADERS
    origin: Any = None
    timestamp_ms: None = None


class Refused(NamedTuple):
    """A record that the broker will never take, and why."""

    row: Row
    reason: str


def build_producer(connection: KafkaConnection, *, request_seconds: float = REQUEST_SECONDS) -> AIOKafkaProducer:
    """The engine's producer, to be started by whoever runs the engine."""
    return confirming_producer(connection, batch_bytes=BATCH_BYTES, request_seconds=request_seconds)


class ConfirmedPublisher:
    """Publishes through one producer; waits, unready, as long as the broker is away.

    Args:
        producer: started, `acks=all`, idempotence off.
        partitions: of every topic; which one a key belongs to follows from it.
        still_owner: asks Kafka; when it says no, another worker has taken over and nothing more may be written.
        session_seconds: Kafka's session time-out: so long after an answer nobody else can be the owner.
        fences: of the same producer.
    """

    def __init__(
        self,
        producer: AIOKafkaProducer,
        *,
        partitions: int,
        still_owner: Callable[[], Awaitable[bool]],
        session_seconds: float,
        fences: Fences,
    ) -> None:
        self._producer = producer
        self._fences = fences
        self._partitions = partitions
        self._hash = key_hash()
        self._locks: dict[tuple[str, int], asyncio.Lock] = {}
        self._still_owner = still_owner
        # Half of it, so that what is written on an answer's strength arrives while it holds.
        self._trusted_seconds = session_seconds / 2
        self._owner_at = -math.inf  # monotonic: the last time at which the partitions surely were this worker's
        self._asking = asyncio.Lock()
        self.waiting_since: float | None = None
        """Monotonic time since which the broker has taken nothing; ``None`` while it answers."""

    def partition_of(self, key: bytes) -> int:
        """The partition every producer gives this key (murmur2)."""
        return self._hash(key) % self._partitions

    async def ensure_owner(self) -> None:
        """Call before putting out what an owner alone may; Kafka is asked unless it has answered a moment ago.

        A process that was stopped, or swapped out, for longer than its session does not know it when it wakes up.

        Raises:
            FatalError: another worker may have taken over, and these rows would overwrite its newer ones.
        """
        async with self._asking:
            asked_at = time.monotonic()
            if asked_at - self._owner_at < self._trusted_seconds:
                return
            if not await self._still_owner():
                raise FatalError(OVERTAKEN)
            self._owner_at = asked_at

    async def take_over(self, changelogs: Iterable[tuple[str, int]]) -> None:
        """Fence off whoever owned these partitions of changelogs before: behind it their ends hold all that counts.

        Raises:
            FatalError: this user may not, or somebody has taken them over from us meanwhile.
        """
        changelogs = list(changelogs)
        await asyncio.gather(*(self._fences.put_up(topic, partition) for topic, partition in changelogs))
        row = Row(FENCE_KEY, None)
        await asyncio.gather(*(self.send(topic, partition, [row], as_owner=True) for topic, partition in changelogs))

    async def publish(self, topic: str, rows_by_partition: dict[int, list[Row]]) -> list[Refused]:
        """Send to several partitions of one topic at once; returns what the broker refused."""
        answers = await asyncio.gather(*(self.send(topic, p, rows) for p, rows in rows_by_partition.items()))
        return [refused for _offset, refused_rows in answers for refused in refused_rows]

    async def send(
        self, topic: str, partition: int, rows: Sequence[Row], *, as_owner: bool = False
    ) -> tuple[int, list[Refused]]:
        """Send in order and wait for the broker: the last offset, and the rows it refuses, found by halving a batch.

        `as_owner`: to a changelog, which takes rows of its owner alone (`take_over`).

        Raises:
            FatalError: the broker will not take anything (authorization), or another worker owns the partition by now.
        """
        lock = self._locks.setdefault((topic, partition), asyncio.Lock())
        async with lock:
            return await self._send(topic, partition, rows, as_owner)

    async def _send(self, topic: str, partition: int, rows: Sequence[Row], as_owner: bool) -> tuple[int, list[Refused]]:
        last, refused, start = -1, list[Refused](), 0
        while start < len(rows):
            batch, count = fill_batch(self._producer, islice(rows, start, None), FILLED_BYTES)
            if not count:
                refused.append(Refused(rows[start], "larger than the producer's batch"))
                start += 1
                continue
            offset, bad = await self._confirm(topic, partition, batch, rows[start : start + count], as_owner)
            last, start = max(last, offset), start + count
            refused.extend(bad)
        return last, refused

    async def _confirm(
        self, topic: str, partition: int, batch: Any, rows: Sequence[Row], as_owner: bool
    ) -> tuple[int, list[Refused]]:
        failures, began = 0, time.monotonic()
        fence = self._fences.of(topic, partition) if as_owner else None
        while True:
            if fence is not None:
                fence.stamp(batch)
            try:
                answer = await (await self._producer.send_batch(batch, topic, partition=partition))
            except REFUSALS as exc:
                if len(rows) == 1:
                    return -1, [Refused(rows[0], type(exc).__name__)]
                (first, bad), (second, worse) = [
                    await self._send(topic, partition, half, as_owner) for half in halves(rows)
                ]
                return max(first, second), bad + worse
            except ProducerFenced as exc:
                raise FatalError(OVERTAKEN) from exc
            except (KafkaError, TimeoutError, OSError) as exc:
                failures += 1
                await self._after_failure(exc, topic, began)
                await asyncio.sleep(_PAUSES.seconds(failures, spread=0))
                batch, _ = fill_batch(self._producer, rows)
            else:
                self.waiting_since = None
                if fence is not None:
                    fence.written(len(rows))
                return answer.offset + len(rows) - 1, []

    async def _after_failure(self, exc: BaseException, topic: str, began: float) -> None:
        """Wait on when the broker may come back; stop when it will not have us.

        `began`: monotonic time of the batch's first attempt, since aiokafka itself tries for a while before it fails.
        """
        passing = not isinstance(exc, KafkaError) or exc.retriable or isinstance(exc, PASSING)
        if not passing:
            raise FatalError(f"Kafka refuses records for {topic}: {type(exc).__name__}") from exc
        if self.waiting_since is None:
            self.waiting_since = began
            # That Kafka is away is told once of all topics, by whoever asks the worker how it is.
            log.debug("records not taken", extra={"topic": topic, "reason": type(exc).__name__})
        await self.ensure_owner()
