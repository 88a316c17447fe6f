"""Reads several topics from given offsets on, as often as wanted; and how far the worker is behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from processors.engine.naming import APP_ID
from runtime.clients import opened
from runtime.kafka import KafkaConnection
from runtime.reading import missing, offsets_since, partitions_of_topics, read_spans, reader
from schemas.errors import ConfigurationError
from schemas.topic import Topic
from schemas.topics import (
    ATTENDANCE_RESULTS,
    BREVO_COMMANDS,
    ENGAGEMENT_TICKS,
    LOOKUP_RESULTS,
    LOOKUPS,
    RAW_EVENTS,
    TICKS,
)

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
    from aiokafka.admin import AIOKafkaAdminClient

# Kafka's client is imported where it is used: a help page answers at once.

LIVE = (RAW_EVENTS, LOOKUP_RESULTS, LOOKUPS, TICKS, ATTENDANCE_RESULTS, ENGAGEMENT_TICKS, BREVO_COMMANDS)
"""What the worker has to do at once; what may wait is on topics of its own."""
_PORTION = 2_000
"""Records at once, at most."""


class Tails:
    """An open consumer of whole topics. Use `tails`."""

    def __init__(self, consumer: AIOKafkaConsumer, connection: KafkaConnection) -> None:
        self._consumer = consumer
        self._connection = connection
        self._numbers: Mapping[str, Sequence[int]] = {}

    async def ends(self, topics: Iterable[Topic]) -> dict[str, dict[int, int]]:
        """Where these topics end now."""
        parts = {topic.name: await self._of(topic) for topic in topics}
        found = await self._consumer.end_offsets([part for every in parts.values() for part in every])
        return {name: {part.partition: found[part] for part in every} for name, every in parts.items()}

    async def start_at(self, topic: Topic, at_ms: int) -> dict[int, int]:
        """By partition the first record of that time or later, where there is any."""
        found = await offsets_since(self._consumer, await self._of(topic), at_ms)
        return {part.partition: first for part, first in found.items() if first is not None}

    async def read(
        self, topic: Topic, spans: Mapping[int, range], most: int = _PORTION
    ) -> AsyncIterator[Mapping[int, Sequence[ConsumerRecord]]]:
        """Portions of the records between these offsets, by partition; each with its partition's records in order.

        Raises:
            TimeoutError: nothing comes any more.
        """
        spanned = {part: spans[part.partition] for part in await self._of(topic) if part.partition in spans}
        async for portion in read_spans(self._consumer, spanned, most=most):
            yield {part.partition: records for part, records in portion.items()}

    async def _of(self, topic: Topic) -> list[TopicPartition]:
        from aiokafka import TopicPartition  # noqa: PLC0415

        name = topic.physical(self._connection.topic_prefix)
        if name not in self._numbers:
            self._numbers = await partitions_of_topics(self._connection)
        if name not in self._numbers:
            raise missing(name)
        return [TopicPartition(name, number) for number in self._numbers[name]]


@asynccontextmanager
async def tails(connection: KafkaConnection) -> AsyncIterator[Tails]:
    """An open consumer.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    async with reader(connection) as consumer:
        yield Tails(consumer, connection)


class WorkerProgress:
    """What the workers' group has confirmed. Use `worker_progress`."""

    def __init__(self, admin: AIOKafkaAdminClient, ends: Tails, connection: KafkaConnection) -> None:
        self._admin = admin
        self._ends = ends
        self._connection = connection

    async def behind(self) -> int:
        """Records of live work that are not handled; what was never confirmed counts whole."""
        handled, ends = await self._handled(), await self._ends.ends(LIVE)
        return sum(
            max(0, end - handled.get((name, number), 0))
            for name, every in ends.items()
            for number, end in every.items()
        )

    async def has_handled(self, topic: Topic, offsets: Mapping[int, int]) -> bool:
        """Whether everything of a topic before these offsets is."""
        handled = await self._handled()
        return all(handled.get((topic.name, number), 0) >= end for number, end in offsets.items())

    async def _handled(self) -> dict[tuple[str, int], int]:
        from aiokafka.errors import (  # noqa: PLC0415
            GroupAuthorizationFailedError,
            GroupCoordinatorNotAvailableError,
            GroupLoadInProgressError,
            NotCoordinatorForGroupError,
        )

        prefix = self._connection.topic_prefix
        try:
            found = await self._admin.list_consumer_group_offsets(f"{prefix}{APP_ID}")
        except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError):
            return {}  # a broker that has just started; asked again soon
        except GroupAuthorizationFailedError as error:
            raise ConfigurationError(
                f"the cluster does not tell this user how far the group {prefix}{APP_ID} is; give it the right to "
                "describe the group (deploy/kafka-acls.sh commands)"
            ) from error
        return {
            (part.topic.removeprefix(prefix), part.partition): known.offset
            for part, known in found.items()
            if known.offset >= 0
        }


@asynccontextmanager
async def worker_progress(connection: KafkaConnection) -> AsyncIterator[WorkerProgress]:
    """An open client.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415

    admin = AIOKafkaAdminClient(**connection.command_options())
    async with opened(connection, admin, admin.close), tails(connection) as ends:
        yield WorkerProgress(admin, ends, connection)
