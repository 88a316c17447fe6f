"""Records that Kafka deletes before a group has read them, on a real one."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import RecordsToDelete

from runtime.kafka import KafkaConnection
from runtime.unread import deleted_unread
from tests.support.kafka import Message, admin, create_topics, produce

GROUP = "reader"


async def test_records_deleted_before_they_were_read_are_told(kafka_bootstrap: str, topic_prefix: str) -> None:
    """By their topic; those that were read before, and a group that never was, miss none."""
    lossy, whole = (f"{topic_prefix}{name}" for name in ("lossy", "whole"))
    connection = KafkaConnection(kafka_bootstrap, topic_prefix=topic_prefix)
    await create_topics(kafka_bootstrap, [lossy, whole], partitions=2)
    for topic in (lossy, whole):
        await produce(kafka_bootstrap, topic, [Message(b"%d" % number, b"k", partition=0) for number in range(5)])
    assert await deleted_unread(connection, GROUP, {lossy, whole}) == {}
    places = [TopicPartition(topic, 0) for topic in (lossy, whole)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka_bootstrap, group_id=f"{topic_prefix}{GROUP}", enable_auto_commit=False
    )
    consumer.assign(places)
    await consumer.start()
    try:
        await consumer.commit({places[0]: 2, places[1]: 4})
    finally:
        await consumer.stop()
    async with admin(kafka_bootstrap) as client:
        await client.delete_records({place: RecordsToDelete(before_offset=4) for place in places})
        assert await deleted_unread(connection, GROUP, {lossy, whole}) == {lossy: 2}
        await produce(kafka_bootstrap, lossy, [Message(b"late", b"k", partition=1)])
        await client.delete_records({TopicPartition(lossy, 1): RecordsToDelete(before_offset=1)})
    assert await deleted_unread(connection, GROUP, {lossy, whole}) == {lossy: 3}
    assert await deleted_unread(connection, GROUP, {whole}) == {}
