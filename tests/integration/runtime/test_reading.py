"""Commands that look read every record of a topic."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import TopicPartition

from runtime.kafka import KafkaConnection
from runtime.reading import make_known, read_topic, reader
from schemas.errors import ConfigurationError
from schemas.topics import ATTENDANCE_SESSIONS
from tests.support.kafka import Message, create_topics, produce


async def test_read_topic_gives_every_record_each_time(kafka_bootstrap: str, topic_prefix: str) -> None:
    """A command that misses records would call something lost that is not."""
    connection = KafkaConnection(kafka_bootstrap, topic_prefix=topic_prefix)
    name = ATTENDANCE_SESSIONS.physical(topic_prefix)
    await create_topics(kafka_bootstrap, [name], partitions=6)
    await produce(kafka_bootstrap, name, [Message(b"%d" % n, b"key-%d" % (n % 20)) for n in range(100)])
    for _ in range(8):
        values = [record.value async for record in read_topic(connection, ATTENDANCE_SESSIONS)]
        assert sorted(values) == sorted(b"%d" % n for n in range(100))
    of_one_key = [record.value async for record in read_topic(connection, ATTENDANCE_SESSIONS, b"key-7")]
    assert of_one_key == [b"7", b"27", b"47", b"67", b"87"]


async def test_read_topic_that_is_missing_says_so(kafka_bootstrap: str, topic_prefix: str) -> None:
    """It is not made by being asked for."""
    connection = KafkaConnection(kafka_bootstrap, topic_prefix=topic_prefix)
    with pytest.raises(ConfigurationError, match="there is no topic"):
        async for _ in read_topic(connection, ATTENDANCE_SESSIONS):
            pass


@pytest.mark.parametrize("steps", range(3))
async def test_reader_ends_however_soon_after_an_assignment(
    kafka_bootstrap: str, topic_prefix: str, steps: int
) -> None:
    """`rollcall rebuild diff` hung: the last partitions of its tables were empty."""
    connection = KafkaConnection(kafka_bootstrap, topic_prefix=topic_prefix)
    name = ATTENDANCE_SESSIONS.physical(topic_prefix)
    await create_topics(kafka_bootstrap, [name], partitions=2)
    await produce(kafka_bootstrap, name, [Message(b"1", b"key")])
    async with asyncio.timeout(30) as limit, reader(connection) as consumer:
        both = [TopicPartition(name, number) for number in range(2)]
        consumer.assign(both)
        await consumer.seek_to_beginning(*both)
        await consumer.getmany(*both, timeout_ms=10_000)
        await asyncio.sleep(0.005)  # the next fetch is under way
        consumer.assign(both[:1])
        for _ in range(steps):
            await asyncio.sleep(0)
    assert not limit.expired()


async def test_offsets_of_many_topics_are_told(kafka_bootstrap: str, topic_prefix: str) -> None:
    """`rollcall forget` and `export` said of a Kafka with a few rebuilds that it does not answer."""
    names = [f"{topic_prefix}many-{number}" for number in range(100)]
    await create_topics(kafka_bootstrap, names, partitions=1)
    async with reader(KafkaConnection(kafka_bootstrap, topic_prefix=topic_prefix)) as consumer:
        parts = [TopicPartition(name, 0) for name in names]
        make_known(consumer, parts)
        assert await consumer.end_offsets(parts) == dict.fromkeys(parts, 0)
