"""What a raw topic has lost is carried over into a rebuilt state, of the partitions that have lost anything."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from ops.rebuild.carried import carried_facts
from ops.rebuild.carry import carry
from processors.attendance.book import ATTENDANCE_TABLE as FACTS
from processors.engagement.agent import ENGAGEMENT_TABLE as CONTACTS
from processors.engine.naming import changelog_name, rebuild_topic
from runtime.kafka import KafkaConnection
from sandbox.simulator.simulation import simulate_webinar
from schemas.engagement import ResyncContact
from schemas.topics import ENGAGEMENT_RESYNCS, RAW_EVENTS
from tests.support.kafka import Message, admin, create_topics, produce, read_to_end
from tests.support.tracking import START_MS, Pipeline, configuration

PARTITIONS, LOST, WHOLE = 2, 1, 0
DAY_MS = 86_400_000
BEGUN = datetime.fromtimestamp(START_MS / 1000, UTC)


def _played() -> Pipeline:
    world = simulate_webinar(12, 3, frozenset({"dup"}), starts_at=1_786_543_200, duration_minutes=60)
    pipeline = Pipeline(configuration(sessions={"report_checks": ["5m"]}), world.zoom)
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle()
    return pipeline


async def _lose(bootstrap: str, topic: str) -> None:
    """The first of two records of one partition is gone, as retention takes it."""
    async with admin(bootstrap) as client:
        await client.delete_records({TopicPartition(topic, LOST): RecordsToDelete(before_offset=1)})


@pytest.mark.parametrize("partition", [LOST, WHOLE])
async def test_carry_takes_over_what_lies_in_a_partition_that_lost_records(
    kafka_bootstrap: str, topic_prefix: str, partition: int
) -> None:
    """Of a partition that is whole nothing: all comes from the raw topic."""
    live, connection = _played(), KafkaConnection(kafka_bootstrap, topic_prefix=topic_prefix)
    physical = partial("{}{}".format, topic_prefix)
    raw, resyncs = physical(RAW_EVENTS.name), physical(rebuild_topic("new", ENGAGEMENT_RESYNCS.name))
    tables = [physical(changelog_name(table, state)) for table in (FACTS, CONTACTS) for state in ("first", "new")]
    await create_topics(kafka_bootstrap, [raw, resyncs, *tables], partitions=PARTITIONS)
    # Kafka takes no record of the future, in which the rules' clock is.
    received_ms = int(time.time()) * 1000 - DAY_MS
    events = [
        Message(b"{}", b"k", partition=number, timestamp_ms=at_ms)
        for number in range(PARTITIONS)
        for at_ms in (received_ms - 20 * DAY_MS, received_ms)
    ]
    await produce(kafka_bootstrap, raw, events)
    for table in (FACTS, CONTACTS):
        rows = [Message(value, key, partition=partition) for key, value in live.stores[table].rows.items()]
        await produce(kafka_bootstrap, physical(changelog_name(table)), rows)
    assert (await carry(connection, PARTITIONS, "first", "new", BEGUN)).horizon is None
    await _lose(kafka_bootstrap, raw)

    carried = await carry(connection, PARTITIONS, "first", "new", BEGUN)
    assert carried.horizon == datetime.fromtimestamp(received_ms / 1000 + 86_400, UTC)
    written = await read_to_end(kafka_bootstrap, physical(changelog_name(FACTS, "new")))
    found = {record.key: record.value for record in written}
    wanted = carried_facts(live.stores[FACTS].rows, START_MS if partition == LOST else 0, START_MS)
    assert (carried.objects, found) == (int(partition == LOST), wanted.rows)
    assert {record.partition for record in written} <= {partition}
    # The session is known, so nothing of it is carried as a mere result.
    assert [
        ResyncContact.from_bytes(record.value or b"") for record in await read_to_end(kafka_bootstrap, resyncs)
    ] == []
