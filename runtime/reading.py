"""Reads topics from offset to offset, in no group: for commands that look, never for work."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from runtime.clients import SilentBrokerError, opened, stop_assigned
from runtime.kafka import KafkaConnection
from schemas.errors import ConfigurationError
from schemas.topic import Topic

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
    from aiokafka.admin import AIOKafkaAdminClient

# Kafka's client is imported where it is used: a help page answers at once.

SILENCE_SECONDS = 8.0
"""So long nothing may come where something is: a broker that hangs is not reported by the client."""
_POLL_MS = 500
_FETCH_WAIT_MS = 20


class MissingTopicError(ConfigurationError):
    """A topic that is to be read is not there."""


async def read_topic(
    connection: KafkaConnection, topic: Topic, key: bytes | None = None, *, beside: bytes | None = None
) -> AsyncIterator[ConsumerRecord]:
    """All records from the beginning to where the topic ends now, partition by partition in order of their offset.

    Args:
        connection: the cluster and the prefix.
        topic: which one.
        key: only records with this key, from the one partition that has them; ``None``: all.
        beside: only the partition that has records of this key, whatever their keys are.

    Raises:
        MissingTopicError: there is no such topic.
        RetryLaterError: Kafka does not answer.
    """
    from aiokafka import TopicPartition  # noqa: PLC0415
    from aiokafka.partitioner import DefaultPartitioner  # noqa: PLC0415

    name = topic.physical(connection.topic_prefix)
    if (numbers := (await partitions_of_topics(connection)).get(name)) is None:
        raise missing(name)
    if (home := key or beside) is not None:
        numbers = [DefaultPartitioner()(home, numbers, numbers)]
    places = [TopicPartition(name, number) for number in numbers]
    async with reader(connection) as consumer:
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        for place in places:
            async for portion in read_spans(consumer, {place: range(begins[place], ends[place])}):
                for record in portion[place]:
                    if key is None or record.key == key:
                        yield record


@asynccontextmanager
async def reader(connection: KafkaConnection) -> AsyncIterator[AIOKafkaConsumer]:
    """An open consumer of no group, for `read_spans`.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    from aiokafka import AIOKafkaConsumer  # noqa: PLC0415

    consumer = AIOKafkaConsumer(
        **connection.command_options(),
        enable_auto_commit=False,
        # Where Kafka has deleted the beginning of a span meanwhile, it goes on at what is left; `latest` would end it.
        auto_offset_reset="earliest",
        # The fetch of the partition before is waited for, and where that has ended it lasts so long.
        fetch_max_wait_ms=_FETCH_WAIT_MS,
    )
    async with opened(connection, consumer, partial(stop_assigned, consumer)):
        yield consumer


def make_known(consumer: AIOKafkaConsumer, parts: Sequence[TopicPartition]) -> None:
    """Have a consumer learn where all these partitions are, before it is asked for the offsets of many topics.

    With each try it would learn of one topic, ten a second, and give up after `runtime.kafka.PATIENCE_SECONDS`
    (aiokafka 0.14, `Fetcher._proc_offset_requests`). It is assigned to them, and fetches nothing.
    """
    consumer.assign(list(parts))
    consumer.pause(*parts)


async def offsets_since(
    consumer: AIOKafkaConsumer, parts: Sequence[TopicPartition], at_ms: int
) -> dict[TopicPartition, int | None]:
    """By partition where records of that time (epoch milliseconds) or later begin; ``None``: there are none."""
    # Before 1970 there is no record's time, and Kafka means something else by it.
    found = await consumer.offsets_for_times(dict.fromkeys(parts, max(0, at_ms)))
    return {part: None if first is None else first.offset for part, first in found.items()}


async def read_spans(
    consumer: AIOKafkaConsumer,
    spans: Mapping[TopicPartition, range],
    *,
    most: int | None = None,
    silence_seconds: float = SILENCE_SECONDS,
) -> AsyncIterator[Mapping[TopicPartition, Sequence[ConsumerRecord]]]:
    """Portions of the records between offsets, by partition, each partition's in order.

    Args:
        consumer: as `reader` gives it; it is assigned to these partitions, and to no other.
        spans: from where to where, by partition; what has nothing between is passed over.
        most: records of a portion; ``None``: as many as were fetched.
        silence_seconds: so long nothing may come. The time that the caller takes for a portion does not count.

    Raises:
        SilentBrokerError: nothing comes any more.
    """
    if not (spanned := {part: span for part, span in spans.items() if span}):
        return
    consumer.assign(list(spanned))
    for part, span in spanned.items():
        consumer.seek(part, span.start)
    heard, remaining = time.monotonic(), set(spanned)
    while remaining:
        fetched = await consumer.getmany(*remaining, timeout_ms=_POLL_MS, max_records=most)
        if fetched:
            yield {
                part: [record for record in records if record.offset < spanned[part].stop]
                for part, records in fetched.items()
            }
            heard = time.monotonic()
        for part in list(remaining):
            # Where transactions or compaction left gaps a position moves without records.
            if await consumer.position(part) >= spanned[part].stop:
                remaining.discard(part)
                consumer.pause(part)
        if time.monotonic() - heard > silence_seconds:
            raise SilentBrokerError


async def partitions_of_topics(connection: KafkaConnection) -> dict[str, list[int]]:
    """By topic, as the cluster calls it, its partitions in order; of all, since naming a missing one may create it.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415

    admin = AIOKafkaAdminClient(**connection.command_options())
    async with opened(connection, admin, admin.close):
        return await partitions_told(admin)


async def partitions_told(admin: AIOKafkaAdminClient) -> dict[str, list[int]]:
    """As `partitions_of_topics`, over a connection that is open."""
    topics = await admin.describe_topics()
    return {told["topic"]: sorted(part["partition"] for part in told["partitions"]) for told in topics}


def missing(name: str) -> MissingTopicError:
    """What to say of a topic that is not there."""
    return MissingTopicError(
        f"there is no topic {name}: start a worker once, or check KAFKA_BOOTSTRAP_SERVERS and KAFKA_TOPIC_PREFIX"
    )
