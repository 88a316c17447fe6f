"""Reads a topic from its beginning to where it ends now: for commands that look, never for work."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from runtime.kafka import KafkaConnection
from schemas.errors import ConfigurationError
from schemas.topics import Topic

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

_SILENCE_SECONDS = 8.0

# Kafka's client is imported where it is used: a help page answers at once.


_FETCH_WAIT_MS = 20


async def read_topic(
    connection: KafkaConnection, topic: Topic, key: bytes | None = None, *, beside: bytes | None = None
) -> AsyncIterator[ConsumerRecord]:
    """Records in order of their offset, partition by partition.

    Args:
        connection: the cluster and the prefix.
        topic: which one.
        key: only records with this key, from the one partition that has them; ``None``: all.
        beside: only the partition that has records of this key, whatever their keys are.

    Raises:
        ConfigurationError: there is no such topic.
        RetryLaterError: Kafka does not answer.
    """
    from aiokafka import AIOKafkaConsumer, TopicPartition  # noqa: PLC0415
    from aiokafka.errors import KafkaError  # noqa: PLC0415
    from aiokafka.partitioner import DefaultPartitioner  # noqa: PLC0415

    name = topic.physical(connection.topic_prefix)
    try:
        if (numbers := (await partitions_of_topics(connection)).get(name)) is None:
            raise missing(name)
        if (home := key or beside) is not None:
            numbers = [DefaultPartitioner()(home, numbers, numbers)]
        # The default, `latest`, races with the seek below: a read would miss records at random.
        consumer = AIOKafkaConsumer(
            **connection.command_options(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            # The fetch of the partition before is waited for, and where that has ended it lasts so long.
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        await consumer.start()
        try:
            for number in numbers:
                async for record in _read(consumer, TopicPartition(name, number)):
                    if key is None or record.key == key:
                        yield record
        finally:
            await consumer.stop()
    except (KafkaError, OSError, TimeoutError) as error:
        raise connection.unanswered(error) from error


async def partitions_of_topics(connection: KafkaConnection) -> dict[str, list[int]]:
    """By topic, as the cluster calls it, its partitions in order; of all, since naming a missing one may create it."""
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415

    admin = AIOKafkaAdminClient(**connection.command_options())
    try:
        await admin.start()
        return {each["topic"]: sorted(one["partition"] for one in each["partitions"])
                for each in await admin.describe_topics()}  # fmt: skip
    finally:
        await admin.close()


def missing(name: str) -> ConfigurationError:
    """What to say of a topic that is not there."""
    return ConfigurationError(
        f"there is no topic {name}: start a worker once, or check KAFKA_BOOTSTRAP_SERVERS and KAFKA_TOPIC_PREFIX"
    )


async def _read(consumer: AIOKafkaConsumer, partition: TopicPartition) -> AsyncIterator[ConsumerRecord]:
    consumer.assign([partition])
    end = (await consumer.end_offsets([partition]))[partition]
    await consumer.seek_to_beginning(partition)
    heard = time.monotonic()
    while await consumer.position(partition) < end:
        for records in (await consumer.getmany(partition, timeout_ms=500)).values():
            heard = time.monotonic()
            for record in records:
                if record.offset < end:
                    yield record
        # A broker that hangs is not reported: nothing comes, for ever.
        if time.monotonic() - heard > _SILENCE_SECONDS:
            raise TimeoutError
