"""Reads many topics in one pass, to where they end now, with as much memory as one fetch takes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ops.trace.trail import Seen
from runtime.kafka import KafkaConnection
from schemas.errors import ConfigurationError
from schemas.topics import Topic

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

# Kafka's client is imported where it is used: a help page answers at once.

_SILENCE_SECONDS = 8.0
_FETCH_WAIT_MS = 50
TopicPart = tuple[Topic, bytes | None]
"""A topic, and the key whose partition alone is read; `None`: all are."""
Heard = Callable[[int, int], None]
"""Is told how many records were read, and how many there are."""


class Topics:
    """The topics of an installation. Use `reading`."""

    def __init__(self, consumer: AIOKafkaConsumer, prefix: str, partitions: Mapping[str, Sequence[int]]) -> None:
        self._consumer = consumer
        self._prefix = prefix
        self._partitions = partitions

    async def one(self, topic: Topic, partition: int, offset: int) -> Seen:
        """The record of an offset.

        Raises:
            ConfigurationError: there is none.
        """
        from aiokafka import TopicPartition  # noqa: PLC0415

        name = topic.physical(self._prefix)
        there = TopicPartition(name, partition)
        if partition not in self._partitions.get(name, ()):
            raise ConfigurationError(f"{topic.name} has no partition {partition}")
        self._consumer.assign([there])
        first = (await self._consumer.beginning_offsets([there]))[there]
        end = (await self._consumer.end_offsets([there]))[there]
        if not first <= offset < end:
            kept = f"it holds {first} to {end - 1}" if first < end else "it is empty"
            raise ConfigurationError(f"{topic.name}/{partition}/{offset} is not there: {kept}")
        self._consumer.seek(there, offset)
        async for record in self._until({there: end}, lambda _read, _all: None):
            if record.offset == offset:
                return _seen(topic, record)
            break
        raise ConfigurationError(f"{topic.name}/{partition}/{offset} is not there: it was compacted away")

    async def read(self, places: Sequence[TopicPart], since: datetime | None, heard: Heard) -> AsyncIterator[Seen]:
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
        self._consumer.assign(wanted)
        ends = await self._consumer.end_offsets(wanted)
        for each, offset in (await self._starts(wanted, since)).items():
            self._consumer.seek(each, ends[each] if offset is None else offset)
        async for record in self._until(ends, heard):
            yield _seen(logical[record.topic], record)

    async def _starts(
        self, wanted: Sequence[TopicPartition], since: datetime | None
    ) -> Mapping[TopicPartition, int | None]:
        if since is None:
            return dict(await self._consumer.beginning_offsets(wanted))
        at = int(since.timestamp() * 1_000)
        found = await self._consumer.offsets_for_times(dict.fromkeys(wanted, at))
        return {each: None if offset is None else offset.offset for each, offset in found.items()}

    async def _until(self, ends: Mapping[TopicPartition, int], heard: Heard) -> AsyncIterator[ConsumerRecord]:
        open_ends = {each: end for each, end in ends.items() if await self._consumer.position(each) < end}
        left = sum([end - await self._consumer.position(each) for each, end in open_ends.items()])
        total, answered = left, time.monotonic()
        while open_ends:
            found = await self._consumer.getmany(*open_ends, timeout_ms=500)
            for records in found.values():
                answered = time.monotonic()
                for record in records:
                    yield record
            for each in list(open_ends):
                # Where transactions or compaction left gaps a position moves without records.
                if await self._consumer.position(each) >= open_ends[each]:
                    del open_ends[each]
                    self._consumer.pause(each)
            left = sum([end - await self._consumer.position(each) for each, end in open_ends.items()])
            heard(total - left, total)
            # A broker that hangs is not reported: nothing comes, for ever.
            if time.monotonic() - answered > _SILENCE_SECONDS:
                raise TimeoutError


@asynccontextmanager
async def reading(connection: KafkaConnection) -> AsyncIterator[Topics]:
    """An open consumer that belongs to no group.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    from aiokafka import AIOKafkaConsumer  # noqa: PLC0415
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    try:
        # All topics are asked for, since naming a missing one may create it.
        admin = AIOKafkaAdminClient(**connection.command_options())
        try:
            await admin.start()
            there = {each["topic"]: sorted(one["partition"] for one in each["partitions"])
                     for each in await admin.describe_topics()}  # fmt: skip
        finally:
            await admin.close()
        consumer = AIOKafkaConsumer(
            **connection.command_options(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        await consumer.start()
        try:
            yield Topics(consumer, connection.topic_prefix, there)
        finally:
            await consumer.stop()
    except (KafkaError, OSError, TimeoutError) as error:
        raise connection.unanswered(error) from error


def _seen(topic: Topic, record: ConsumerRecord) -> Seen:
    return Seen(
        topic=topic.name,
        partition=record.partition,
        offset=record.offset,
        stored_at=datetime.fromtimestamp(record.timestamp / 1_000, UTC),
        key=record.key,
        value=record.value,
        headers={name: (value or b"").decode(errors="replace") for name, value in record.headers},
    )
