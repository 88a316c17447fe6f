"""Publishes events to `zoom.events.raw.v1` for a command, and what was done to `ops.audit.v1`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from ingress.envelope import OutgoingRecord
from runtime.kafka import KafkaConnection
from runtime.models import Configuration
from runtime.topics import ensure_topics
from schemas.audit import AuditEntry
from schemas.cloud_events import event_headers
from schemas.errors import RetryLaterError
from schemas.topics import AUDIT, MIB, RAW_EVENTS

WINDOW = 500
"""Records under way at once."""


class RawEvents:
    """An open connection. Use `raw_events`."""

    def __init__(self, producer: AIOKafkaProducer, topic_prefix: str) -> None:
        self._producer = producer
        self._prefix = topic_prefix

    async def publish(
        self, records: Sequence[OutgoingRecord], advance: Callable[[int], object] = lambda _: None
    ) -> None:
        """Return when all are acknowledged; `advance` is told how many, now and then."""
        topic = RAW_EVENTS.physical(self._prefix)
        for at in range(0, len(records), WINDOW):
            window = records[at : at + WINDOW]
            sent = [
                await self._producer.send(
                    topic, record.value, key=record.key, headers=record.headers, timestamp_ms=record.timestamp_ms
                )
                for record in window
            ]
            await asyncio.gather(*sent)
            advance(len(window))

    async def note(self, entry: AuditEntry) -> None:
        """Say who did what."""
        key, value = entry.operator.encode(), entry.to_bytes()
        headers = list(event_headers(AUDIT.name, key, entry, value))
        await self._producer.send_and_wait(AUDIT.physical(self._prefix), value, key=key, headers=headers)


@asynccontextmanager
async def raw_events(configuration: Configuration) -> AsyncIterator[RawEvents]:
    """A connection to the Kafka of the environment, with topics that fit.

    Raises:
        ConfigurationError: they do not.
        RetryLaterError: Kafka does not take the records; repeats are harmless.
    """
    connection = KafkaConnection.from_environment(os.environ)
    await ensure_topics(connection, configuration.kafka, names=(RAW_EVENTS.name, AUDIT.name))
    # As the ingress: acknowledged by all replicas, without idempotence.
    producer = AIOKafkaProducer(
        **connection.client_options(), acks="all", enable_idempotence=False, max_request_size=2 * MIB
    )
    try:
        await producer.start()
        yield RawEvents(producer, connection.topic_prefix)
    except KafkaError as error:
        raise RetryLaterError(
            f"Kafka at {connection.bootstrap_servers}: {type(error).__name__}; run it again, repeats are harmless"
        ) from error
    finally:
        await producer.stop()
