"""What tests do with a Kafka: create topics, produce, read a topic to its end, look at offsets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NodeNotReadyError,
    NotCoordinatorForGroupError,
    for_code,
)

from tests.support.processes import eventually

LARGEST_BEFORE_COMPRESSION = 64 * 1_048_576
_TOPIC_ALREADY_EXISTS = 36


@dataclass(frozen=True, slots=True)
class Message:
    """What a test produces, and what it reads back (then with partition, offset and timestamp in milliseconds)."""

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None
    offset: int | None = None
    timestamp_ms: int | None = None


@asynccontextmanager
async def admin(bootstrap: str) -> AsyncIterator[Any]:
    """A started aiokafka admin client."""

    async def started() -> Any:
        # A broker that was paused is fenced until its next heartbeat: so long it answers, and knows of no broker.
        client: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await client.start()
        with suppress(NodeNotReadyError):
            await client.describe_topics([])  # none: the shared Kafka has hundreds
            return client
        await client.close()
        return None

    client = await eventually(started, what="the broker knows of itself")
    try:
        yield client
    finally:
        await client.close()


async def topics_of(bootstrap: str, prefix: str) -> set[str]:
    """Names of the topics of an installation, prefix and all."""
    async with admin(bootstrap) as client:
        return {name for name in await client.list_topics() if name.startswith(prefix)}


async def create_topics(
    bootstrap: str, names: Sequence[str], *, partitions: int = 6, config: Mapping[str, str] | None = None
) -> None:
    """Create topics with one replica, and return once all can be seen; those that exist are left as they are."""
    new = [NewTopic(name, partitions, 1, topic_configs=dict(config or {})) for name in names]
    async with admin(bootstrap) as client:
        answer = await client.create_topics(new)
        # It does not raise: every topic has its own error code.
        for name, code, *_ in answer.topic_errors:
            if code not in (0, _TOPIC_ALREADY_EXISTS):
                raise for_code(code)(name)
        # A busy broker tells of a topic some time after it said that it was created.
        while not set(names) <= set(await client.list_topics()):  # noqa: ASYNC110 - the broker tells nobody when
            await asyncio.sleep(0.05)


async def delete_topics(bootstrap: str, prefix: str) -> None:
    """Delete the topics of an installation; it is tidying up, so a broker that is too busy for it keeps them."""
    with suppress(KafkaError, TimeoutError):
        async with admin(bootstrap) as client:
            if names := [name for name in await client.list_topics() if name.startswith(prefix)]:
                await client.delete_topics(names)


async def produce(bootstrap: str, topic: str, messages: Iterable[Message], *, codec: str | None = None) -> None:
    """Send in order with `acks=all`, and return when all are acknowledged; `codec`: gzip, lz4, snappy or zstd."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        linger_ms=5,
        max_batch_size=262_144,
        max_request_size=2_097_152 if codec is None else LARGEST_BEFORE_COMPRESSION,
        compression_type=codec,
    )
    await producer.start()
    try:
        sent = [
            await producer.send(
                topic,
                message.value,
                key=message.key,
                headers=list(message.headers),
                partition=message.partition,
                timestamp_ms=message.timestamp_ms,
            )
            for message in messages
        ]
        for acknowledged in sent:
            await acknowledged
    finally:
        await producer.stop()


async def produce_to_new(bootstrap: str, topic: str, messages: Iterable[Message]) -> None:
    """`produce` to a topic that was made this moment: before all its partitions have leaders, each refusal is told."""
    await end_offsets(bootstrap, topic)  # a question to the leaders
    await produce(bootstrap, topic, messages)


async def read_to_end(bootstrap: str, topic: str) -> list[Message]:
    """Everything that is in the topic now, ordered by partition and offset."""
    messages: list[Message] = []
    async with _consumer(bootstrap, topic) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        for partition in sorted(ends):
            while await consumer.position(partition) < ends[partition]:
                records = await consumer.getmany(partition, timeout_ms=1_000)
                messages.extend(_message(record) for record in records.get(partition, []))
    return messages


async def end_offsets(bootstrap: str, topic: str) -> dict[int, int]:
    """The next offset of every partition."""
    return (await ends_of(bootstrap, [topic]))[topic]


async def ends_of(bootstrap: str, topics: Sequence[str]) -> dict[str, dict[int, int]]:
    """The same of several topics, in as few connections as of one."""
    partitions = await _partitions(bootstrap, topics)
    async with _consumer(bootstrap) as consumer:
        ends = await consumer.end_offsets(partitions)
    found: dict[str, dict[int, int]] = {topic: {} for topic in topics}
    for partition in partitions:
        found[partition.topic][partition.partition] = ends[partition]
    return found


async def committed_offsets(bootstrap: str, group: str, topic: str) -> dict[int, int]:
    """What a group has committed for a topic; a partition without a commit is left out."""

    async def ask() -> tuple[dict[int, int]] | None:
        # A fresh or restarted broker takes a moment before it coordinates groups.
        with suppress(GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError):
            offsets = await client.list_consumer_group_offsets(group)
            committed = {where.partition: offset.offset for where, offset in offsets.items() if where.topic == topic}
            return ({partition: offset for partition, offset in committed.items() if offset >= 0},)
        return None

    async with admin(bootstrap) as client:
        found = await eventually(ask, what=f"the broker tells the offsets of {group}")
    assert found is not None
    return found[0]


@asynccontextmanager
async def _consumer(bootstrap: str, *topics: str) -> AsyncIterator[Any]:
    """One that reads all partitions of these from their beginnings."""
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=10_000,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def _partitions(bootstrap: str, topics: Sequence[str]) -> list[TopicPartition]:
    async with admin(bootstrap) as client:
        found = await client.describe_topics(list(topics))
    for described in found:
        if described["error_code"]:
            raise for_code(described["error_code"])(described["topic"])
    return sorted(
        TopicPartition(described["topic"], partition["partition"])
        for described in found
        for partition in described["partitions"]
    )


def _message(record: Any) -> Message:
    return Message(
        value=record.value,
        key=record.key,
        headers=tuple(record.headers),
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp,
    )
