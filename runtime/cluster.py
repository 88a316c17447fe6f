"""Whether the Kafka that answers is the one that was known: no other cluster, no empty and no older copy of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from runtime.clients import opened
from runtime.kafka import KafkaConnection
from runtime.reading import partitions_told

TopicEnds = Mapping[tuple[str, int], int]
"""By topic, as it is named on the cluster, and partition: the next offset."""


@dataclass(frozen=True, slots=True)
class KafkaState:
    """What distinguishes one Kafka from another."""

    cluster_id: str
    ends: TopicEnds = field(default_factory=dict)
    """Of the topics that were asked for, as far as they are there."""


async def kafka_state(connection: KafkaConnection, topics: Collection[str]) -> KafkaState:
    """Ask it, in two connections of a moment.

    Args:
        connection: brokers and security.
        topics: whose ends are told, by their names on the cluster.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    admin = AIOKafkaAdminClient(**connection.command_options())
    async with opened(connection, admin, admin.close):
        cluster = await admin.describe_cluster()
        numbers = await partitions_told(admin)
    there = [TopicPartition(name, number) for name in topics for number in numbers.get(name, ())]
    ends = await _ends(connection, there) if there else {}
    return KafkaState(cluster["cluster_id"] or "", ends)


async def _ends(connection: KafkaConnection, there: list[TopicPartition]) -> TopicEnds:
    consumer = AIOKafkaConsumer(**connection.command_options(), enable_auto_commit=False)
    # Without partitions it could not be stopped: aiokafka 0.14 awaits a task of its own that has not begun.
    consumer.assign(there)
    async with opened(connection, consumer, consumer.stop):
        return {(part.topic, part.partition): end for part, end in (await consumer.end_offsets(there)).items()}


def why_not_the_same(known: KafkaState, found: KafkaState) -> str | None:
    """What says that it is not the Kafka that was known, for the middle of a sentence; ``None``: nothing does.

    >>> why_not_the_same(KafkaState("A"), KafkaState("B"))
    'is another cluster: its id is B, and was A'
    >>> why_not_the_same(KafkaState("A", {("t", 0): 7}), KafkaState("A", {("t", 0): 7, ("t", 1): 1}))
    >>> why_not_the_same(KafkaState("A", {("t", 0): 7}), KafkaState("A", {("t", 0): 3}))
    'has lost records: t, partition 0, ends at 3, and did at 7'
    >>> why_not_the_same(KafkaState("A", {("t", 0): 7}), KafkaState("A"))
    'has come back empty: the topic t is gone'
    """
    if known.cluster_id != found.cluster_id:
        return f"is another cluster: its id is {found.cluster_id}, and was {known.cluster_id}"
    for (topic, partition), end in sorted(known.ends.items()):
        now = found.ends.get((topic, partition))
        if now is None and end:
            return f"has come back empty: the topic {topic} is gone"
        if now is not None and now < end:
            return f"has lost records: {topic}, partition {partition}, ends at {now}, and did at {end}"
    return None
