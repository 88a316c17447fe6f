"""Commands that look read every record of a topic."""

from __future__ import annotations

import pytest

from runtime.kafka import KafkaConnection
from runtime.reading import read_topic
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
