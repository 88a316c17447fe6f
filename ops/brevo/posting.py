"""Publishes a few records of an operator's decision, acknowledged by all replicas."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from runtime.kafka import KafkaConnection
from schemas.audit import AuditEntry
from schemas.cloud_events import event_headers
from schemas.model import Message
from schemas.topics import AUDIT, Topic

WINDOW = 500
"""Records under way at once."""


async def post(
    connection: KafkaConnection,
    topic: Topic,
    messages: Iterable[tuple[bytes, Message]],
    advance: Callable[[int], object] = lambda _: None,
) -> None:
    """Publish messages by key; `advance` is told how many are acknowledged, now and then.

    Raises:
        RetryLaterError: Kafka does not answer; some may have been published.
    """
    name, done, remaining = topic.physical(connection.topic_prefix), 0, iter(messages)
    async with _producer(connection) as producer:
        while window := list(itertools.islice(remaining, WINDOW)):
            sent = []
            for key, message in window:
                value = message.to_bytes()
                headers = list(event_headers(topic.name, key, message, value))
                sent.append(await producer.send(name, value, key=key, headers=headers))
            await asyncio.gather(*sent)
            done += len(window)
            advance(done)


async def post_audit(connection: KafkaConnection, entry: AuditEntry) -> None:
    """Say who decided what. Raises as `post`."""
    await post(connection, AUDIT, [(entry.operator.encode(), entry)])


async def post_everywhere(connection: KafkaConnection, topic: Topic, message: Message) -> int:
    """Publish a message without a key to every partition, and return how many there are. Raises as `post`."""
    async with _producer(connection) as producer:
        name = topic.physical(connection.topic_prefix)
        partitions = await producer.partitions_for(name)
        value = message.to_bytes()
        headers = list(event_headers(topic.name, None, message, value))
        for partition in sorted(partitions):
            await producer.send_and_wait(name, value, partition=partition, headers=headers)
        return len(partitions)


@asynccontextmanager
async def _producer(connection: KafkaConnection) -> AsyncIterator[Any]:
    # A help page answers at once: Kafka's client is imported where it is used.
    from aiokafka import AIOKafkaProducer  # noqa: PLC0415
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    producer = AIOKafkaProducer(**connection.command_options(), acks="all")
    try:
        await producer.start()
        yield producer
    except (KafkaError, OSError, TimeoutError) as error:
        raise connection.unanswered(error) from error
    finally:
        await producer.stop()
