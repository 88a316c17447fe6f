import asyncio

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.topics import ensure_topics
from sandbox.kafka import free_port
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.topics import ATTENDANCE_SESSIONS, RAW_EVENTS, all_topics
from tests.support.kafka import admin, create_topics

CHANGELOG = "rollcall-worker-sessions-changelog"


@pytest.fixture
def connection(kafka_bootstrap: str, topic_prefix: str) -> KafkaConnection:
    """The shared Kafka under a prefix of this test."""
    return KafkaConnection(kafka_bootstrap, topic_prefix=topic_prefix)


async def settings_of(connection: KafkaConnection, name: str) -> dict[str, str]:
    """The configuration that the cluster tells for one topic."""
    async with admin(connection.bootstrap_servers) as client:
        (answer,) = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    return {entry[0]: entry[1] for entry in answer.resources[0][4]}


async def partitions_of(connection: KafkaConnection) -> dict[str, int]:
    """The topics under this test's prefix, without it, and their numbers of partitions."""
    async with admin(connection.bootstrap_servers) as client:
        described = await client.describe_topics()
    prefix = connection.topic_prefix
    return {
        topic["topic"].removeprefix(prefix): len(topic["partitions"])
        for topic in described
        if topic["topic"].startswith(prefix)
    }


async def test_ensure_topics_missing_ones_are_created_as_the_registry_says(connection: KafkaConnection) -> None:
    """Partitions from the configuration, retention and limits from the registry, changelogs compacted."""
    created = await ensure_topics(connection, Kafka(partitions=3), changelogs=[CHANGELOG])
    wanted = {*(topic.name for topic in all_topics()), CHANGELOG}
    assert await partitions_of(connection) == dict.fromkeys(wanted, 3)
    assert set(created) == {f"{connection.topic_prefix}{name}" for name in wanted}
    for topic in (RAW_EVENTS, RAW_EVENTS.dead_letter, ATTENDANCE_SESSIONS):
        settings = await settings_of(connection, topic.physical(connection.topic_prefix))
        assert topic.config().items() <= settings.items()
    assert (await settings_of(connection, f"{connection.topic_prefix}{CHANGELOG}"))["cleanup.policy"] == "compact"


async def test_ensure_topics_second_time_creates_nothing(connection: KafkaConnection) -> None:
    """A restart changes nothing."""
    await ensure_topics(connection, Kafka(partitions=1))
    assert await ensure_topics(connection, Kafka(partitions=1)) == ()


async def test_ensure_topics_two_processes_at_once_both_succeed(connection: KafkaConnection) -> None:
    """Ingress and worker start together; what the other one created is no error."""
    await asyncio.gather(*(ensure_topics(connection, Kafka(partitions=2)) for _ in range(3)))
    assert await partitions_of(connection) == dict.fromkeys((topic.name for topic in all_topics()), 2)


async def test_ensure_topics_names_given_only_those_are_looked_after(connection: KafkaConnection) -> None:
    """The ingress creates what it writes, nothing else."""
    await ensure_topics(connection, Kafka(partitions=1), names=[RAW_EVENTS.name])
    assert await partitions_of(connection) == {RAW_EVENTS.name: 1}


async def test_ensure_topics_other_partitions_are_refused(connection: KafkaConnection) -> None:
    """The tables rely on the same number everywhere; nothing is created before that is mended."""
    name = RAW_EVENTS.physical(connection.topic_prefix)
    await create_topics(connection.bootstrap_servers, [name], partitions=2)
    with pytest.raises(ConfigurationError) as caught:
        await ensure_topics(connection, Kafka(partitions=6))
    assert str(caught.value) == (
        f"the topic {name} has 2 partitions, wanted are 6: all topics need the same number; "
        "set kafka.partitions to it, use another KAFKA_TOPIC_PREFIX, or create the topic anew"
    )
    assert await partitions_of(connection) == {RAW_EVENTS.name: 2}


async def test_ensure_topics_creation_off_names_the_missing_ones(connection: KafkaConnection) -> None:
    """Where operators own the topics, the message is their to-do list."""
    await create_topics(connection.bootstrap_servers, [RAW_EVENTS.physical(connection.topic_prefix)], partitions=6)
    section = Kafka(create_topics=False)
    with pytest.raises(ConfigurationError) as caught:
        await ensure_topics(connection, section, names=[RAW_EVENTS.name, ATTENDANCE_SESSIONS.name])
    assert str(caught.value) == (
        "topics are missing and kafka.create_topics is false: "
        f"{ATTENDANCE_SESSIONS.physical(connection.topic_prefix)}; "
        "create them with 6 partitions each, or set kafka.create_topics to true; "
        "if they are there, this user has no right to describe them"
    )
    assert await partitions_of(connection) == {RAW_EVENTS.name: 6}


async def test_ensure_topics_more_replicas_than_brokers_says_which_setting(connection: KafkaConnection) -> None:
    """A test cluster has one broker; the file of production may ask for three replicas."""
    with pytest.raises(ConfigurationError, match=r"the cluster has fewer brokers; lower kafka.replication_factor"):
        await ensure_topics(connection, Kafka(replication_factor=3), names=[RAW_EVENTS.name])


async def test_ensure_topics_kafka_away_is_to_be_tried_again() -> None:
    """The worker waits for Kafka; it does not stop."""
    port = free_port()
    with pytest.raises(RetryLaterError, match=f"Kafka at 127.0.0.1:{port} does not answer"):
        await ensure_topics(KafkaConnection(f"127.0.0.1:{port}"), Kafka())
