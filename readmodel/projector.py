"""Reads the public topics and keeps the tables up to them: to where the topics end now, or for as long as it runs.

It has no consumer group: Kafka's brokers coordinate nothing for it, and no worker notices it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import chain

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from sqlalchemy import select, update

from readmodel import offsets
from readmodel.changes import SourceRecord
from readmodel.contact_numbers import KnownContacts
from readmodel.database import Database
from readmodel.erasing import Forgotten, erase, without_names
from readmodel.offsets import Partition, ReadPositions
from readmodel.projection import PROJECTIONS, project
from readmodel.pruning import has_outlived, prune
from readmodel.tables import META
from readmodel.writing import write
from runtime.kafka import KafkaConnection
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.topics import ERASURES

BATCH_RECORDS = 10_000
"""Of one transaction at most: half a second of work, after which whoever waits for the database gets it."""
POLL_MS = 500
TOPICS_SECONDS = 30.0
"""Between looks for topics that were missing: those of a new version are made when its worker starts."""
BEGINS_SECONDS = 3_600.0
"""Between looks for what Kafka has deleted meanwhile."""
REQUEST_MS = 20_000
_SILENCE_SECONDS = 20.0
"""So long nothing may come while something is missing: a broker that hangs is not reported by the client."""

log = logging.getLogger(__name__)
BatchListener = Callable[[int], None]
"""Called after each batch with its number of records."""


class Projector:
    """Keeps the tables of one database up to the topics of one installation."""

    def __init__(
        self,
        database: Database,
        kafka: KafkaConnection,
        *,
        heard: BatchListener = lambda _count: None,
        batch_records: int = BATCH_RECORDS,
        for_a_person: bool = False,
    ) -> None:
        """Nothing is read yet.

        Args:
            database: whose tables are kept up.
            kafka: the cluster and the prefix.
            heard: told after each transaction how many records it took.
            batch_records: how many it takes at most.
            for_a_person: who waits for an answer: a cluster that gives none is given up sooner.
        """
        self._database = database
        self._batch_records = batch_records
        self._kafka = kafka
        self._contacts = KnownContacts()
        self._heard = heard
        patient = {**kafka.client_options(), "request_timeout_ms": REQUEST_MS}
        self._options = kafka.command_options() if for_a_person else patient
        self._logical = {f"{kafka.topic_prefix}{name}": name for name in PROJECTIONS}

    async def catch_up(self) -> ReadPositions:
        """Project everything that is in the topics now; returns where they ended.

        Raises:
            ConfigurationError: there is none of the topics, or a right to read them is missing.
            RetryLaterError: Kafka or the database does not answer.
        """
        async with self._consumer() as consumer:
            ends = await self._begin(consumer)
            heard_at = time.monotonic()
            while await self._left(consumer, ends):
                if await self._take(consumer):
                    heard_at = time.monotonic()
                elif time.monotonic() - heard_at > _SILENCE_SECONDS:
                    raise TimeoutError
            return ends

    async def follow(self, stop: asyncio.Event) -> None:
        """Project what comes until `stop` is set.

        Raises:
            ConfigurationError, RetryLaterError: as `catch_up`; call it again after a while.
        """
        while not stop.is_set():
            async with self._consumer() as consumer:
                await self._begin(consumer)
                is_whole = {part.topic for part in consumer.assignment()} == set(self._logical)
                again_at = time.monotonic() + (BEGINS_SECONDS if is_whole else TOPICS_SECONDS)
                while not stop.is_set() and time.monotonic() < again_at:
                    await self._take(consumer)

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            **self._options,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_poll_records=self._batch_records,
            max_partition_fetch_bytes=4 * 1_048_576,
        )
        try:
            await consumer.start()
            yield consumer
        except OffsetOutOfRangeError as error:
            raise RetryLaterError("a topic was emptied while it was read; again") from error
        except (KafkaError, OSError, TimeoutError) as error:
            raise RetryLaterError(
                f"Kafka at {self._kafka.bootstrap_servers} does not answer ({type(error).__name__}); "
                "check KAFKA_BOOTSTRAP_SERVERS and that the brokers are up"
            ) from error
        finally:
            await consumer.stop()

    async def _begin(self, consumer: AIOKafkaConsumer) -> ReadPositions:
        """Assign every partition that there is, go to where the tables are, and tell where the topics end."""
        there, cluster_id = await self._partitions()
        await asyncio.to_thread(self._claim, cluster_id)
        consumer.assign(there)
        begins = self._named(await consumer.beginning_offsets(there))
        ends = self._named(await consumer.end_offsets(there))
        known = await asyncio.to_thread(self._positions)
        if not can_be_of(known, ends):
            log.warning("read model begins anew", extra={"reason": "the topics have begun anew"})
            await asyncio.to_thread(self._forget)
            known = {}
        await asyncio.to_thread(self._prune, begins)
        for part in there:
            where = (self._logical[part.topic], part.partition)
            consumer.seek(part, max(known.get(where, 0), begins[where]))
        return ends

    async def _partitions(self) -> tuple[list[TopicPartition], str]:
        """Of the topics that there are, and the cluster's id.

        All are asked for, since naming a missing one may create it.
        """
        admin = AIOKafkaAdminClient(**self._options)
        try:
            await admin.start()
            found = await admin.describe_topics()
            cluster_id: str = (await admin.describe_cluster())["cluster_id"] or ""
        finally:
            await admin.close()
        there = [
            TopicPartition(described["topic"], part["partition"])
            for described in found
            if described["topic"] in self._logical
            for part in described["partitions"]
        ]
        if not there:
            raise ConfigurationError(
                "there are no topics to read: start a worker once, or check KAFKA_BOOTSTRAP_SERVERS and "
                "KAFKA_TOPIC_PREFIX"
            )
        return there, cluster_id

    async def _left(self, consumer: AIOKafkaConsumer, ends: ReadPositions) -> Sequence[Partition]:
        """The partitions that are not read to `ends`."""
        return [
            where
            for part in consumer.assignment()
            if await consumer.position(part) < ends[where := (self._logical[part.topic], part.partition)]
        ]

    async def _take(self, consumer: AIOKafkaConsumer) -> bool:
        """One batch, if there is one within `POLL_MS`; whether there was."""
        fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=self._batch_records)
        records = [self._source(record) for record in chain.from_iterable(fetched.values())]
        if not records:
            return False
        if not await asyncio.to_thread(self._write, records):
            # Somebody else has projected some of it meanwhile: go on where the tables are now.
            known = await asyncio.to_thread(self._positions)
            for part in fetched:
                consumer.seek(part, known.get((self._logical[part.topic], part.partition), 0))
            return True
        self._heard(len(records))
        return True

    def _write(self, records: Sequence[SourceRecord]) -> bool:
        """The rows and the offsets, in one transaction; false when the tables are not where the batch begins."""
        first: dict[Partition, int] = {}
        for record in records:
            first.setdefault((record.topic, record.partition), record.offset)
        with self._database.writing() as connection:
            self._contacts.begin(connection)
            known = offsets.positions(connection)
            if any(known.get(where, 0) > offset for where, offset in first.items()):
                return False
            told, _ = project([record for record in records if record.topic == ERASURES.name])
            forgotten = Forgotten.of(connection, told)
            changes, unreadable = project(forgotten.others(records) if forgotten else records)
            without_names(changes, forgotten)
            write(connection, changes, self._contacts)
            has_erased = erase(connection, told, forgotten)
            offsets.note(connection, offsets.reached(records, unreadable))
        if not has_erased:
            self._contacts.keep()
        return True

    def _prune(self, begins: ReadPositions) -> None:
        with self._database.reading() as reading:
            if not has_outlived(reading, begins):
                return
        with self._database.writing() as connection:
            prune(connection, begins)

    def _claim(self, cluster_id: str) -> None:
        """The tables are of one cluster: a wrong address must not empty them.

        Raises:
            ConfigurationError: they are of another one.
        """
        with self._database.reading() as connection:
            known = connection.execute(select(META.c.cluster_id)).scalar_one()
        if known is None:
            with self._database.writing() as connection:
                connection.execute(update(META).values(cluster_id=cluster_id))
        elif known != cluster_id:
            raise ConfigurationError(
                f"Kafka at {self._kafka.bootstrap_servers} is another cluster than the read model is of: its id is "
                f"{cluster_id}, and was {known}; check KAFKA_BOOTSTRAP_SERVERS, or delete the read model, and it is "
                "built anew (docs/how-to/kafka-lost.md)"
            )

    def _positions(self) -> ReadPositions:
        with self._database.reading() as connection:
            return offsets.positions(connection)

    def _forget(self) -> None:
        with self._database.writing() as connection:
            offsets.forget_all(connection)

    def _source(self, record: ConsumerRecord) -> SourceRecord:
        return SourceRecord(
            self._logical[record.topic],
            record.partition,
            record.offset,
            record.timestamp,
            record.key,
            record.value,
            record.headers,
        )

    def _named(self, found: Mapping[TopicPartition, int]) -> dict[Partition, int]:
        return {(self._logical[part.topic], part.partition): offset for part, offset in found.items()}


def can_be_of(known: ReadPositions, ends: ReadPositions) -> bool:
    """Whether the tables can have been made from these topics: none of them ends before what was read.

    >>> can_be_of({("a", 0): 5}, {("a", 0): 5}), can_be_of({("a", 0): 5}, {("a", 0): 3})
    (True, False)
    """
    return all(ends.get(where, 0) >= offset for where, offset in known.items())
