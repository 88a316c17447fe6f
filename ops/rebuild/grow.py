"""`rollcall rebuild grow`: an installation with another number of partitions, under another prefix.

Equal keys meet in the partition of one number, across topics and tables, so the number of an installation cannot be
changed in place. Everything is read where it lies, and written where its key belongs: topics by their keys, rows by the
keys of the records that they are made from (`homes`).
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.console import Console

from ops.audit import audit_entry
from ops.failure import found_wrong, stopping
from ops.options import Json, Reason, Yes, agreed
from ops.posting import NewRecord, Posting, posting_to
from ops.rebuild.groups import Groups, behind
from ops.rebuild.homes import WORKER_TABLES, home_of
from ops.resync.tables import rows_of
from ops.resync.workers import workers
from ops.topics.cluster import topic_admin
from ops.workplace import worker_configuration
from processors.engine.naming import APP_ID, Names, changelog_name
from processors.engine.states import STATE_HEADER
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from runtime.models import Configuration
from runtime.reading import read_spans, read_topic, reader
from runtime.states import read_live
from schemas.erasure import ERASURE, Erasure
from schemas.errors import ConfigurationError
from schemas.states import FIRST_STATE, LIVE_KEY, LiveState, TopicPositions
from schemas.topic import Topic
from schemas.topics import (
    BREVO_COMMANDS,
    BREVO_COMMANDS_BULK,
    ENGAGEMENT_RESYNCS,
    ENGAGEMENT_TICKS,
    ERASURES,
    LOOKUPS,
    LOOKUPS_BULK,
    RAW_EVENTS,
    STATES,
    TICKS,
    WORKERS,
    all_topics,
)

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

_ORDERS = (LOOKUPS, LOOKUPS_BULK, TICKS, ENGAGEMENT_TICKS, ENGAGEMENT_RESYNCS, BREVO_COMMANDS, BREVO_COMMANDS_BULK)
"""Of these only what nobody has carried out yet comes along."""
_ANEW = (ERASURES, STATES, WORKERS)
"""Not by their keys: they are of partitions, of states, of workers."""
_BEGIN_ANEW = "Delete the topics under the new prefix, and begin anew."
_AT_ONCE = 2_000
"""Records in memory."""


def grow(
    old_prefix: Annotated[str, typer.Argument(help="KAFKA_TOPIC_PREFIX of the installation that is to grow.")],
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Bring an installation over to this environment's prefix and number of partitions, its ledger included.

    Set KAFKA_TOPIC_PREFIX and kafka.partitions to the new ones, start the ingress with them, stop the old workers, and
    run this: raw events, answers, results, tables and what waits are copied, each to the partition of its key. The old
    installation stays as it is. Then start the new workers with an empty ROLLCALL_DATA_DIR. Stopped in between, the new
    topics are to be deleted. Noted in the audit topic. Exit code 1: you said no, or Kafka does not answer.
    """
    configure_command_logging("ERROR")
    with stopping(_BEGIN_ANEW, as_json=as_json):
        grown = asyncio.run(_Grow(old_prefix).run(reason, yes=yes))
    if grown is None:
        raise found_wrong("nothing was changed", as_json=as_json)
    if as_json:
        typer.echo(orjson.dumps(grown).decode())
    else:
        typer.echo(
            f"{grown['records']} records and {grown['rows']} rows were brought over, from {grown['from']} to "
            f"{grown['to']} partitions.\nStart the new workers, with an empty ROLLCALL_DATA_DIR."
        )


class _Grow:
    """One run of the command."""

    def __init__(self, old_prefix: str) -> None:
        self._new = KafkaConnection.from_environment(os.environ)
        self._old = replace(self._new, topic_prefix=old_prefix)
        self._configuration: Configuration = worker_configuration(os.environ)
        self._partitions = self._configuration.kafka.partitions
        from runtime.kafka_batches import key_hash  # noqa: PLC0415 (a help page needs no Kafka client)

        self._hash = key_hash()
        self._console = Console(stderr=True)

    async def run(self, reason: str, *, yes: bool) -> dict[str, int] | None:
        """What was done; ``None``: a person said no."""
        from processors.agents import changelogs  # noqa: PLC0415 (Faust takes a second)
        from runtime.topics import ensure_topics  # noqa: PLC0415 (a help page needs no Kafka client)

        before = await self._check()
        live = await read_live(self._old)
        if not agreed(f"Copy {self._name(self._old)} to {self._name(self._new)}?", yes=yes):
            return None
        kafka = self._configuration.kafka
        await ensure_topics(self._new, kafka, changelogs=changelogs())
        ours = Groups(self._new, Names(self._new.topic_prefix), self._partitions)
        theirs = Groups(self._old, Names(self._old.topic_prefix), before)
        topics = [topic for topic in all_topics() if topic not in _ANEW]
        handled = await theirs.positions(APP_ID, [topic.name for topic in topics])
        ends = await theirs.ends([topic.name for topic in topics])
        fresh = await ours.ends([topic.name for topic in topics])
        async with posting_to(self._new, kafka) as to_kafka:
            kept = [topic for topic in topics if topic not in _ORDERS]
            records = await self._copy(to_kafka, kept, {}, handled)
            at = await ours.ends([topic.name for topic in topics])
            records += await self._copy(to_kafka, topics, handled, ends)
            rows = await self._copy_tables(to_kafka, live.state)
            await self._copy_erasures(to_kafka)
            await to_kafka.post(STATES, [(LIVE_KEY, LiveState(
                state=FIRST_STATE, generation=live.generation, at=datetime.now(UTC)
            ))])  # fmt: skip
            # Last: without positions a worker would begin at the beginning, which changes nothing, but takes long.
            await ours.move(APP_ID, _unless_begun(at, fresh))
            done = {"records": records, "rows": rows, "from": before, "to": self._partitions}
            await to_kafka.note(audit_entry("rebuild.grow", self._old.topic_prefix or "no prefix", done, reason))
        return done

    async def _check(self) -> int:
        """The old number of partitions.

        Raises:
            ConfigurationError: it is not to be done, or not now.
        """
        if self._new.topic_prefix == self._old.topic_prefix:
            raise ConfigurationError("KAFKA_TOPIC_PREFIX is that of the old installation: set it to the new one")
        async with topic_admin(self._new) as admin:
            found = await admin.found([])
        old = found.get(RAW_EVENTS.physical(self._old.topic_prefix))
        if old is None:
            raise ConfigurationError(f"there is no installation under {self._name(self._old)}")
        for connection, whose in ((self._old, "old"), (self._new, "new")):
            if await workers(connection) != 0:
                raise ConfigurationError(
                    f"workers of the {whose} installation run, or may not be seen: stop them first"
                )
        tables = [f"{self._new.topic_prefix}{changelog_name(table)}" for table in WORKER_TABLES]
        if any(name in found for name in tables):
            names = Names(self._new.topic_prefix)
            ends = await Groups(self._new, names, self._partitions).ends([RAW_EVENTS.name])
            if behind({}, ends) and not await self._only_raw():
                raise ConfigurationError(f"{self._name(self._new)} is no new installation: choose another prefix")
        return old.partitions

    async def _only_raw(self) -> bool:
        """Whether nobody has worked on what the ingress has put there already."""
        async for _number, _rows in rows_of(self._new, WORKER_TABLES[0], FIRST_STATE):
            return False
        return True

    async def _copy(
        self, to_kafka: Posting, topics: Iterable[Topic], start: TopicPositions, end: TopicPositions
    ) -> int:
        """From positions to positions, in the order of each key."""
        copied = 0
        for topic in topics:
            if not behind({topic.name: start.get(topic.name, {})}, {topic.name: end[topic.name]}):
                continue
            self._console.print(f"copying {topic.name}", highlight=False)
            records: list[NewRecord] = []
            async for record in self._between(topic, start.get(topic.name, {}), end[topic.name]):
                # The clock's messages, and orders to all workers, are of a partition; the clock sends again.
                if record.key is not None or topic.name.endswith(".dlq"):
                    records.append(_copy_of(record))
                    copied += 1
                if len(records) == _AT_ONCE:
                    await to_kafka.publish(topic.name, records)
                    records.clear()
            await to_kafka.publish(topic.name, records)
        return copied

    async def _between(self, topic: Topic, start: dict[int, int], end: dict[int, int]) -> AsyncIterator[ConsumerRecord]:
        from aiokafka import TopicPartition  # noqa: PLC0415 (a help page needs no Kafka client)

        name = topic.physical(self._old.topic_prefix)
        spans = {TopicPartition(name, number): range(start.get(number, 0), until) for number, until in end.items()}
        async with reader(self._old) as consumer:
            async for portion in read_spans(consumer, spans, most=_AT_ONCE):
                for records in portion.values():
                    for record in records:
                        yield record

    async def _copy_tables(self, to_kafka: Posting, live: str) -> int:
        from processors.agents import STATE_TABLES  # noqa: PLC0415 (Faust takes a second)

        copied = 0
        for table in WORKER_TABLES:
            state = live if table in STATE_TABLES else FIRST_STATE
            async for _number, rows in rows_of(self._old, table, state):
                homes: defaultdict[int, dict[bytes, bytes]] = defaultdict(dict)
                for key, value in rows.items():
                    for number in self._numbers(home_of(table, key, value)):
                        homes[number][key] = value
                for number, of_number in sorted(homes.items()):
                    await to_kafka.write_rows(changelog_name(table), number, of_number)
                    copied += len(of_number)
        return copied

    def _numbers(self, home: bytes | str) -> Iterable[int]:
        if isinstance(home, bytes):
            return (self._hash(home) % self._partitions,)
        return range(self._partitions) if home == "everywhere" else ()

    async def _copy_erasures(self, to_kafka: Posting) -> None:
        """The order of each person, to every partition; how far the old agents were is no matter here."""
        orders: dict[str, Erasure] = {}
        async for record in read_topic(self._old, ERASURES):
            if record.value is not None and isinstance(told := ERASURE.validate_json(record.value), Erasure):
                orders[told.mark] = told
        for order in orders.values():
            await to_kafka.post_everywhere(ERASURES, order, key=order.record_key)

    @staticmethod
    def _name(connection: KafkaConnection) -> str:
        return f"the prefix `{connection.topic_prefix}`" if connection.topic_prefix else "no prefix"


def _unless_begun(at: TopicPositions, before: TopicPositions) -> TopicPositions:
    """Where the ingress had put something already, from the beginning: reading once more changes nothing."""
    return {
        topic: {partition: 0 if before[topic][partition] else offset for partition, offset in of_topic.items()}
        for topic, of_topic in at.items()
    }


def _copy_of(record: ConsumerRecord) -> NewRecord:
    """As it was, at its time; the tables come over as those of the first state."""
    headers = [(name, value) for name, value in record.headers if name != STATE_HEADER]
    return record.key, record.value, headers, record.timestamp
