"""Reads many topics in one pass, to where they end now, with as much memory as one fetch takes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ops.trace.trail import TracedRecord
from runtime.kafka import KafkaConnection
from runtime.reading import make_known, offsets_since, partitions_of_topics, read_spans, reader
from schemas.errors import ConfigurationError
from schemas.topic import Topic

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

# Kafka's client is imported where it is used: a help page answers at once.

TopicPart = tuple[Topic, bytes | None]
"""A topic, and the key whose partition alone is read; `None`: all are."""
ReadingProgress = Callable[[int, int], None]
"""Is told how many records were read, and how many there are."""


class Topics:
    """The topics of an installation. Use `reading`."""

    def __init__(self, consumer: AIOKafkaConsumer, prefix: str, partitions: Mapping[str, Sequence[int]]) -> None:
        self._consumer = consumer
        self._prefix = prefix
        self._partitions = partitions

    async def one(self, topic: Topic, partition: int, offset: int) -> TracedRecord:
        """The record of an offset.

        Raises:
            ConfigurationError: there is none.
        """
        from aiokafka import TopicPartition  # noqa: PLC0415

        name = topic.physical(self._prefix)
        there = TopicPartition(name, partition)
        if partition not in self._partitions.get(name, ()):
            raise ConfigurationError(f"{topic.name} has no partition {partition}")
        first = (await self._consumer.beginning_offsets([there]))[there]
        end = (await self._consumer.end_offsets([there]))[there]
        if not first <= offset < end:
            kept = f"it holds {first} to {end - 1}" if first < end else "it is empty"
            raise ConfigurationError(f"{topic.name}/{partition}/{offset} is not there: {kept}")
        async for portion in read_spans(self._consumer, {there: range(offset, offset + 1)}):
            for record in portion[there]:
                return _seen(topic, record)
        raise ConfigurationError(f"{topic.name}/{partition}/{offset} is not there: it was compacted away")

    async def read(
        self, places: Sequence[TopicPart], since: datetime | None, heard: ReadingProgress
    ) -> AsyncIterator[TracedRecord]:
        """Every record that was stored from `since` on, partition by partition in the order of offsets.

        Topics that are not there are passed over.
        """
        from aiokafka import TopicPartition  # noqa: PLC0415
        from aiokafka.partitioner import DefaultPartitioner  # noqa: PLC0415

        logical: dict[str, Topic] = {}
        wanted: list[TopicPartition] = []
        for topic, key in places:
            name = topic.physical(self._prefix)
            numbers = list(self._partitions.get(name, ()))
            if numbers and key is not None:
                numbers = [DefaultPartitioner()(key, numbers, numbers)]
            logical[name] = topic
            wanted += [TopicPartition(name, number) for number in numbers]
        if not wanted:
            return
        spans = await self._spans(wanted, since)
        read = dict.fromkeys(spans, 0)
        async for portion in read_spans(self._consumer, spans):
            for place, records in portion.items():
                for record in records:
                    yield _seen(logical[record.topic], record)
                    read[place] = record.offset + 1 - spans[place].start
            heard(sum(read.values()), sum(map(len, spans.values())))

    async def _spans(self, wanted: Sequence[TopicPartition], since: datetime | None) -> dict[TopicPartition, range]:
        make_known(self._consumer, wanted)
        ends = await self._consumer.end_offsets(wanted)
        if since is None:
            begins = await self._consumer.beginning_offsets(wanted)
            return {part: range(begins[part], end) for part, end in ends.items()}
        found = await offsets_since(self._consumer, wanted, int(since.timestamp() * 1_000))
        return {part: range(ends[part] if first is None else first, ends[part]) for part, first in found.items()}


@asynccontextmanager
async def reading(connection: KafkaConnection) -> AsyncIterator[Topics]:
    """An open consumer that belongs to no group.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    async with reader(connection) as consumer:
        yield Topics(consumer, connection.topic_prefix, await partitions_of_topics(connection))


def _seen(topic: Topic, record: ConsumerRecord) -> TracedRecord:
    return TracedRecord(
        topic=topic.name,
        partition=record.partition,
        offset=record.offset,
        stored_at=datetime.fromtimestamp(record.timestamp / 1_000, UTC),
        key=record.key,
        value=record.value,
        headers={name: (value or b"").decode(errors="replace") for name, value in record.headers},
    )
