"""Publishes copies, a batch of each partition at a time, each to the partition of its original."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import TYPE_CHECKING

from ops.replay.copies import Copy
from runtime.clients import opened
from runtime.kafka import PATIENCE_SECONDS, KafkaConnection
from schemas.topic import MIB, Topic

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer

# Kafka's client is imported where it is used: a help page answers at once.

_BATCH_BYTES = 4 * MIB
_FILLED_BYTES = MIB - 65_536
"""As the worker: so much of small records as every topic takes."""


class Copier:
    """An open producer. Use `copier`."""

    def __init__(self, producer: AIOKafkaProducer, topic_prefix: str) -> None:
        self._producer = producer
        self._prefix = topic_prefix
        self.too_large = 0
        """Originals that with their new headers are larger than the topic takes: they are left out."""

    async def publish(self, topic: Topic, copies: Mapping[int, Sequence[Copy]]) -> Mapping[int, int]:
        """Publish copies by partition; by partition the offset behind the last that Kafka has acknowledged."""
        name = topic.physical(self._prefix)
        wanted = {number: portion for number, portion in copies.items() if portion}
        ends = await asyncio.gather(*(self._send(name, number, portion) for number, portion in wanted.items()))
        return {number: end for number, end in zip(wanted, ends, strict=True) if end}

    async def _send(self, name: str, partition: int, copies: Sequence[Copy]) -> int:
        from runtime.kafka_batches import REFUSALS, fill_batch, halves  # noqa: PLC0415

        end, start = 0, 0
        while start < len(copies):
            batch, count = fill_batch(self._producer, islice(copies, start, None), _FILLED_BYTES)
            chunk = copies[start : start + max(count, 1)]
            try:
                sent = await (await self._producer.send_batch(batch, name, partition=partition))
                end = sent.offset + count
            except REFUSALS:
                if len(chunk) == 1:
                    self.too_large += 1
                else:
                    for half in halves(chunk):
                        end = max(end, await self._send(name, partition, half))
            start += len(chunk)
        return end


@asynccontextmanager
async def copier(connection: KafkaConnection) -> AsyncIterator[Copier]:
    """An open producer.

    Raises:
        RetryLaterError: Kafka does not answer; some copies may have been published.
    """
    from runtime.kafka_batches import confirming_producer  # noqa: PLC0415

    producer = confirming_producer(connection, batch_bytes=_BATCH_BYTES, request_seconds=PATIENCE_SECONDS)
    async with opened(connection, producer, producer.stop):
        yield Copier(producer, connection.topic_prefix)
