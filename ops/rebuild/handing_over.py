"""Hands over what the live state was amid, before another one takes its place; done again, it writes the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import TYPE_CHECKING

from ops.rebuild.untold import Untold, untold_contacts, untold_facts
from ops.replay.tails import Tails, tails
from ops.resync.tables import Beside, changelog, partitions
from ops.workplace import Workplace
from processors.attendance.book import ATTENDANCE_TABLE as FACTS
from processors.engagement.agent import ENGAGEMENT_TABLE as CONTACTS
from processors.engine.naming import changelog_name
from processors.engine.states import state_of
from runtime.kafka import KafkaConnection
from runtime.lenient_json import json_or_none
from schemas.attendance import FACT
from schemas.states import TopicPositions
from schemas.topic import Topic
from schemas.topics import ATTENDANCE_RESULTS, RAW_EVENTS

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

StatePair = tuple[dict[bytes, bytes], dict[bytes, bytes]]
"""Rows of the live state, and of the other."""


async def hand_over(place: Workplace, live: str, other: str, stand: TopicPositions, now_ms: int) -> None:
    """Of the live state to the other one, while neither workers nor a rebuild run.

    Args:
        place: the cluster.
        live: the state that is live.
        other: the one that is to be.
        stand: where the workers stand.
        now_ms: milliseconds since 1970.

    Raises:
        ConfigurationError: one of them has no tables.
        RetryLaterError: Kafka does not answer.
    """
    connection, count = place.connection, place.configuration.kafka.partitions
    untold = await _unread(connection, live, stand)
    async with place.posting() as to_kafka:
        async for number, (ours, theirs) in _pairs(connection, count, FACTS, live, other):
            changes = untold_facts(ours, theirs, now_ms, untold)
            await to_kafka.write_rows(changelog_name(FACTS, other), number, changes)
        async for number, (ours, theirs) in _pairs(connection, count, CONTACTS, live, other):
            await to_kafka.write_rows(changelog_name(CONTACTS, other), number, untold_contacts(ours, theirs, untold))


async def _pairs(
    connection: KafkaConnection, count: int, table: str, live: str, other: str
) -> AsyncIterator[tuple[int, StatePair]]:
    """A table in both states, by partition; memory holds one of them."""
    async with AsyncExitStack() as stack:
        ours, theirs = [
            Beside(await stack.enter_async_context(aclosing(partitions(connection, changelog(table, state)))))
            for state in (live, other)
        ]
        for number in range(count):
            yield number, (await ours.rows(number), await theirs.rows(number))


async def _unread(connection: KafkaConnection, live: str, stand: TopicPositions) -> Untold:
    """What records tell that no agent of the live state has handled."""
    untold = Untold()
    async with tails(connection) as topics:
        async for record in _behind(topics, RAW_EVENTS, stand):
            untold.add_event(json_or_none(record.value or b""))
        async for record in _behind(topics, ATTENDANCE_RESULTS, stand):
            if record.value is not None and state_of(tuple(record.headers)) == live:
                untold.add_fact(FACT.validate_json(record.value))
    return untold


async def _behind(topics: Tails, topic: Topic, stand: TopicPositions) -> AsyncIterator[ConsumerRecord]:
    """Records of a topic behind where the workers stand."""
    ends = (await topics.ends([topic]))[topic.name]
    spans = {number: range(stand[topic.name][number], end) for number, end in ends.items()}
    async for portion in topics.read(topic, spans):
        for records in portion.values():
            for record in records:
                yield record
