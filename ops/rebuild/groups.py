"""Where a consumer group stands, and moving it, while none of its members runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from processors.engine.naming import Names
from runtime.clients import opened
from runtime.kafka import KafkaConnection
from schemas.errors import ConfigurationError
from schemas.states import TopicPositions

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer, TopicPartition

# Kafka's client is imported where it is used: a help page answers at once.


class Groups:
    """Offsets of one cluster's topics, for processes that call these as `names` says.

    Args:
        connection: the cluster and the prefix.
        names: of the topics.
        partitions: of every topic.
    """

    def __init__(self, connection: KafkaConnection, names: Names, partitions: int) -> None:
        self._connection = connection
        self._names = names
        self._partitions = partitions

    async def positions(self, group: str, topics: Iterable[str]) -> TopicPositions:
        """Where the group (without the prefix) goes on, by logical topic; at the earliest record where nothing is said.

        Raises:
            RetryLaterError: Kafka does not answer.
        """
        async with self._consumer(group) as consumer:
            told: TopicPositions = {}
            for topic, places in self._places(topics).items():
                earliest = await consumer.beginning_offsets(places)
                committed = {place: await consumer.committed(place) for place in places}
                told[topic] = {part.partition: max(committed[part] or 0, earliest[part]) for part in places}
            return told

    async def earliest(self, topics: Iterable[str]) -> TopicPositions:
        """Where topics begin now. As `positions`."""
        async with self._consumer(None) as consumer:
            return {
                topic: {part.partition: at for part, at in (await consumer.beginning_offsets(places)).items()}
                for topic, places in self._places(topics).items()
            }

    async def ends(self, topics: Iterable[str]) -> TopicPositions:
        """Where topics end now. As `positions`."""
        async with self._consumer(None) as consumer:
            return {
                topic: {part.partition: at for part, at in (await consumer.end_offsets(places)).items()}
                for topic, places in self._places(topics).items()
            }

    async def move(self, group: str, to: TopicPositions) -> None:
        """Commit positions for a group without members.

        Raises:
            ConfigurationError: somebody is in the group.
            RetryLaterError: Kafka does not answer.
        """
        from aiokafka.errors import CommitFailedError, IllegalGenerationError, UnknownMemberIdError  # noqa: PLC0415

        offsets = {
            place: to[topic][place.partition]
            for topic, places in self._places(to).items()
            for place in places
            if place.partition in to[topic]
        }
        async with self._consumer(group) as consumer:
            consumer.assign(list(offsets))
            try:
                await consumer.commit(offsets)
            except (CommitFailedError, IllegalGenerationError, UnknownMemberIdError) as error:
                raise ConfigurationError(f"somebody is in the group {group}: stop all workers first") from error

    def _places(self, topics: Iterable[str]) -> dict[str, list[TopicPartition]]:
        from aiokafka import TopicPartition  # noqa: PLC0415

        return {
            topic: [TopicPartition(self._names.source(topic), number) for number in range(self._partitions)]
            for topic in topics
        }

    @asynccontextmanager
    async def _consumer(self, group: str | None) -> AsyncIterator[AIOKafkaConsumer]:
        from aiokafka import AIOKafkaConsumer  # noqa: PLC0415

        name = None if group is None else f"{self._connection.topic_prefix}{group}"
        consumer = AIOKafkaConsumer(
            **self._connection.command_options(), group_id=name, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        async with opened(self._connection, consumer, consumer.stop):
            yield consumer


def earlier(one: TopicPositions, other: TopicPositions) -> TopicPositions:
    """For each partition that both know, the earlier position: reading once more changes nothing.

    >>> earlier({"a": {0: 5, 1: 2}}, {"a": {0: 3, 1: 9}})
    {'a': {0: 3, 1: 2}}
    """
    return {
        topic: {
            partition: min(offset, other[topic][partition])
            for partition, offset in of_topic.items()
            if partition in other[topic]
        }
        for topic, of_topic in one.items()
        if topic in other
    }


def behind(at: TopicPositions, ends: TopicPositions) -> int:
    """How many records lie between.

    >>> behind({"a": {0: 5}}, {"a": {0: 7, 1: 0}})
    2
    """
    return sum(
        max(0, end - at.get(topic, {}).get(partition, 0))
        for topic, of_topic in ends.items()
        for partition, end in of_topic.items()
    )
