"""A state that begins anew finds nothing of an earlier start."""

from __future__ import annotations

from ops.rebuild.emptying import empty
from ops.rebuild.groups import Groups
from processors.engine.naming import changelog_name, rebuild_group, rebuild_topic
from processors.rebuild_app import names_of
from runtime.kafka import KafkaConnection
from runtime.reading import partitions_of_topics
from schemas.topics import ERASURES, TICKS
from tests.support.kafka import Message, create_topics, produce
from tests.support.processes import eventually

STATE = "anew"


async def test_topics_of_the_state_with_records_are_deleted(kafka_bootstrap: str, topic_prefix: str) -> None:
    """Its own and its changelogs, not those of others, nor what is empty."""
    connection = KafkaConnection(kafka_bootstrap, topic_prefix=topic_prefix)
    filled, kept = changelog_name("attendance", STATE), rebuild_topic(STATE, TICKS.name)
    others = (changelog_name("attendance"), rebuild_topic(f"{STATE}-2", TICKS.name), ERASURES.name)
    await create_topics(kafka_bootstrap, [f"{topic_prefix}{topic}" for topic in (filled, kept, *others)], partitions=2)
    for topic in (filled, *others):
        await produce(kafka_bootstrap, f"{topic_prefix}{topic}", [Message(b"1", b"key"), Message(b"2", b"key")])

    await empty(connection, STATE)
    there = await partitions_of_topics(connection)
    assert f"{topic_prefix}{filled}" not in there
    assert {f"{topic_prefix}{topic}" for topic in (kept, *others)} <= set(there)
    await empty(connection, STATE)


async def test_position_in_a_topic_of_the_state_is_forgotten_with_the_topic(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    """By Kafka; a new topic of that name is read from its beginning."""
    connection = KafkaConnection(kafka_bootstrap, topic_prefix=topic_prefix)
    topic, group = rebuild_topic(STATE, TICKS.name), rebuild_group(STATE)
    groups = Groups(connection, names_of(topic_prefix, STATE), 1)

    async def position() -> int:
        return (await groups.positions(group, [TICKS.name]))[TICKS.name][0]

    await create_topics(kafka_bootstrap, [f"{topic_prefix}{topic}"], partitions=1)
    await produce(kafka_bootstrap, f"{topic_prefix}{topic}", [Message(b"1", b"key"), Message(b"2", b"key")])
    await groups.move(group, await groups.ends([TICKS.name]))
    assert await position() == 2
    await empty(connection, STATE)
    await create_topics(kafka_bootstrap, [f"{topic_prefix}{topic}"], partitions=1)

    async def forgotten() -> bool:
        return await position() == 0

    await eventually(forgotten, timeout_seconds=60, what="the position is forgotten")
