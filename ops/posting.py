"""What commands put into Kafka: records, decisions, and what was done; acknowledged by all replicas."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from runtime.clients import opened
from runtime.kafka import PATIENCE_SECONDS, KafkaConnection
from runtime.models import Kafka
from schemas.audit import AuditEntry
from schemas.cloud_events import event_headers
from schemas.model import Message
from schemas.topic import MIB, Topic
from schemas.topics import AUDIT

NewRecord = tuple[bytes | None, bytes | None, list[tuple[str, bytes]], int | None]
"""Key, value, headers, and the record time in epoch milliseconds; ``None``: now."""

WINDOW = 500
"""Records under way at once."""
_LARGEST = 4 * MIB
"""More than any topic takes: what is too large for one, its brokers say."""


class Posting:
    """An open producer. Use `posting` or `posting_to`."""

    def __init__(self, producer: Any, topic_prefix: str) -> None:
        self._producer = producer
        self._prefix = topic_prefix

    async def publish(
        self, topic: str, records: Iterable[NewRecord], advance: Callable[[int], object] = lambda _: None
    ) -> None:
        """Publish records to a topic of that logical name; return when all are acknowledged.

        `advance` is told how many are so far, now and then.
        """
        name, done, remaining = f"{self._prefix}{topic}", 0, iter(records)
        while window := list(itertools.islice(remaining, WINDOW)):
            sent = [
                await self._producer.send(name, value, key=key, headers=headers, timestamp_ms=timestamp_ms)
                for key, value, headers, timestamp_ms in window
            ]
            await asyncio.gather(*sent)
            done += len(window)
            advance(done)

    async def write_rows(self, changelog: str, partition: int, rows: Mapping[bytes, bytes | None]) -> None:
        """Write rows into one partition of a table's changelog, ``None``: it goes; return when all are acknowledged."""
        name, remaining = f"{self._prefix}{changelog}", iter(rows.items())
        while window := list(itertools.islice(remaining, WINDOW)):
            sent = [await self._producer.send(name, value, key=key, partition=partition) for key, value in window]
            await asyncio.gather(*sent)

    async def post(
        self,
        topic: Topic,
        messages: Iterable[tuple[bytes, Message]],
        advance: Callable[[int], object] = lambda _: None,
    ) -> None:
        """Publish messages by key. As `publish`."""
        await self.publish(topic.name, (_record(topic, key, message) for key, message in messages), advance)

    async def post_everywhere(self, topic: Topic, message: Message, key: bytes | None = None) -> int:
        """Publish a message to every partition, whatever its key, and return how many there are."""
        name = topic.physical(self._prefix)
        partitions = await self._producer.partitions_for(name)
        _, value, headers, _ = _record(topic, key, message)
        for partition in sorted(partitions):
            await self._producer.send_and_wait(name, value, key=key, partition=partition, headers=headers)
        return len(partitions)

    async def note(self, entry: AuditEntry) -> None:
        """Say who did what."""
        await self.post(AUDIT, [(entry.operator.encode(), entry)])


def _record(topic: Topic, key: bytes | None, message: Message) -> NewRecord:
    value = message.to_bytes()
    return key, value, list(event_headers(topic.name, key, message, value)), None


@asynccontextmanager
async def posting(connection: KafkaConnection) -> AsyncIterator[Posting]:
    """An open producer; a cluster that does not answer is given up soon, one that changes its leaders is waited for.

    Raises:
        RetryLaterError: Kafka does not answer; some records may have been published.
    """
    # A help page answers at once: Kafka's client is imported where it is used.
    from aiokafka import AIOKafkaProducer  # noqa: PLC0415

    producer = AIOKafkaProducer(**connection.client_options(), acks="all", max_request_size=_LARGEST)
    async with opened(connection, producer, producer.stop, PATIENCE_SECONDS):
        yield Posting(producer, connection.topic_prefix)


@asynccontextmanager
async def posting_to(connection: KafkaConnection, kafka: Kafka, *topics: Topic) -> AsyncIterator[Posting]:
    """As `posting`, once these topics and that of acts are there.

    Raises:
        ConfigurationError: they are not as they shall be.
    """
    from runtime.topics import ensure_topics  # noqa: PLC0415 (as above)

    await ensure_topics(connection, kafka, names=[topic.name for topic in (*topics, AUDIT)])
    async with posting(connection) as opened:
        yield opened
