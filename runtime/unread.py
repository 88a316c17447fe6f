"""Which records a consumer group will never read: it was away for longer than Kafka keeps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from runtime.clients import opened
from runtime.kafka import KafkaConnection
from runtime.reading import partitions_told


async def deleted_unread(connection: KafkaConnection, group: str, topics: Collection[str]) -> Mapping[str, int]:
    """By topic how many; a topic of which none is lost is left out.

    Args:
        connection: the cluster and the prefix.
        group: its logical name.
        topics: their names on the cluster; each is there.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    admin = AIOKafkaAdminClient(**connection.command_options())
    async with opened(connection, admin, admin.close):
        try:
            told = await admin.list_consumer_group_offsets(f"{connection.topic_prefix}{group}")
        except GroupCoordinatorNotAvailableError:  # a fresh broker, on which nobody has read anything
            return {}
        numbers = await partitions_told(admin)
    read = {place: known.offset for place, known in told.items() if place.topic in topics and known.offset >= 0}
    if not read:
        return {}
    for topic in {place.topic for place in read}:
        for number in numbers.get(topic, ()):
            # Of a topic that it has read, nothing is noted of a partition which was empty.
            read.setdefault(TopicPartition(topic, number), 0)
    consumer = AIOKafkaConsumer(**connection.command_options(), enable_auto_commit=False)
    consumer.assign(list(read))
    async with opened(connection, consumer, consumer.stop):
        begins = await consumer.beginning_offsets(list(read))
    lost = Counter[str]()
    for place, offset in read.items():
        lost[place.topic] += max(0, begins[place] - offset)
    return +lost
