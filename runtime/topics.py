"""Creates the installation's topics as the registry says, and refuses those that the tables could not work with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from runtime.clients import SilentBrokerError, opened
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.wanted_topics import WantedTopic, wanted_topics
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.topic import Topic

# Codes of Kafka's protocol: https://kafka.apache.org/protocol#protocol_error_codes, checked 2026-11-21
_TOPIC_AUTHORIZATION_FAILED = 29
_CLUSTER_AUTHORIZATION_FAILED = 31
_TOPIC_ALREADY_EXISTS = 36
_INVALID_REPLICATION_FACTOR = 38
_POLICY_VIOLATION = 44
_REQUEST_SECONDS = 8
_VISIBLE_SECONDS = 30
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Found:
    """One topic as it is on the cluster."""

    partitions: int
    usable: bool
    """Every partition has a leader."""


async def ensure_topics(
    connection: KafkaConnection,
    kafka: Kafka,
    *,
    names: Iterable[str] | None = None,
    changelogs: Sequence[str] = (),
    others: Sequence[Topic] = (),
) -> tuple[str, ...]:
    """Create what is missing and wait until every topic can be used; several processes may do so at once.

    Args:
        connection: the cluster and the prefix.
        kafka: the section of the configuration: how many partitions, and whether to create at all.
        names: logical names of the registry's topics to look after; ``None`` means all.
        changelogs: logical names (without prefix) of the tables' changelogs: compacted, never deleted from.
        others: topics of no registry, looked after in any case.

    Returns:
        The names on the cluster of the topics that this call created.

    Raises:
        ConfigurationError: a topic has another number of partitions, is missing while `kafka.create_topics` is false,
            or the cluster refuses to create it.
        RetryLaterError: Kafka does not answer.
    """
    wanted = wanted_topics(connection.topic_prefix, kafka, changelogs, others)
    if names is not None:
        chosen = {
            f"{connection.topic_prefix}{name}" for name in (*names, *changelogs, *(other.name for other in others))
        }
        wanted = [topic for topic in wanted if topic.name in chosen]
    admin = AIOKafkaAdminClient(**connection.client_options(), request_timeout_ms=_REQUEST_SECONDS * 1_000)
    async with opened(connection, admin, admin.close):
        return await _ensure(admin, kafka, wanted)


async def _ensure(admin: AIOKafkaAdminClient, kafka: Kafka, wanted: Sequence[WantedTopic]) -> tuple[str, ...]:
    found = await _found(admin)
    _check_partitions(found, wanted, kafka.partitions)
    missing = [topic for topic in wanted if topic.name not in found]
    if missing and not kafka.create_topics:
        raise ConfigurationError(
            f"topics are missing and kafka.create_topics is false: {', '.join(topic.name for topic in missing)}; "
            f"create them with {kafka.partitions} partitions each, or set kafka.create_topics to true; "
            "if they are there, this user has no right to describe them"
        )
    created = await _create(admin, kafka, missing) if missing else ()
    try:
        async with asyncio.timeout(_VISIBLE_SECONDS):
            while not all(topic.name in found and found[topic.name].usable for topic in wanted):
                await asyncio.sleep(_POLL_SECONDS)
                found = await _found(admin)
    except TimeoutError as error:
        raise SilentBrokerError("topics without a leader") from error
    _check_partitions(found, wanted, kafka.partitions)
    return created


async def _found(admin: AIOKafkaAdminClient) -> dict[str, _Found]:
    """The cluster's topics.

    All topics are asked for: a request that names a missing one would make some brokers create it on their own terms.
    """
    return {
        topic["topic"]: _Found(len(topic["partitions"]), all(part["leader"] >= 0 for part in topic["partitions"]))
        for topic in await admin.describe_topics()
        if topic["partitions"]
    }


def _check_partitions(found: Mapping[str, _Found], wanted: Sequence[WantedTopic], partitions: int) -> None:
    wrong = [topic.name for topic in wanted if topic.name in found and found[topic.name].partitions != partitions]
    if wrong:
        raise ConfigurationError(
            "\n".join(
                f"the topic {name} has {found[name].partitions} partitions, wanted are {partitions}: all topics need "
                "the same number; set kafka.partitions to it, use another KAFKA_TOPIC_PREFIX, or create the topic anew"
                for name in wrong
            )
        )


async def _create(admin: AIOKafkaAdminClient, kafka: Kafka, missing: Sequence[WantedTopic]) -> tuple[str, ...]:
    response = await admin.create_topics(
        [
            NewTopic(topic.name, kafka.partitions, kafka.replication_factor, topic_configs=dict(topic.settings))
            for topic in missing
        ]
    )
    # It does not raise: each topic has its own code (and, from version 1 of the answer on, a message).
    outcomes = {outcome[0]: outcome for outcome in response.topic_errors}
    brokers = len((await admin.describe_cluster())["brokers"])
    for name, outcome in outcomes.items():
        judge_creation(name, outcome[1], outcome[2] if len(outcome) > 2 else None, kafka, brokers)
    return tuple(name for name, outcome in outcomes.items() if outcome[1] == 0)


def judge_creation(name: str, code: int, message: str | None, kafka: Kafka, brokers: int) -> None:
    """Tell what a cluster's answer about one new topic means.

    Args:
        name: the topic's.
        code: Kafka's, 0 or why the topic was not created.
        message: Kafka's words for it.
        kafka: the section of the configuration.
        brokers: how many the cluster knows now.

    Raises:
        ConfigurationError: it will never be created so.
        RetryLaterError: it was not created now.
    """
    if code in (0, _TOPIC_ALREADY_EXISTS):  # another process was faster
        return
    # A cluster that begins, or whose only broker was silent for a moment, says the same while it knows of none.
    if code == _INVALID_REPLICATION_FACTOR and 0 < brokers < kafka.replication_factor:
        raise ConfigurationError(
            f"the topic {name} cannot have {kafka.replication_factor} replicas: the cluster has fewer brokers; "
            "lower kafka.replication_factor"
        )
    if code in (_TOPIC_AUTHORIZATION_FAILED, _CLUSTER_AUTHORIZATION_FAILED, _POLICY_VIOLATION):
        raise ConfigurationError(
            f"the cluster does not let us create the topic {name} ({message or f'error {code}'}); allow it, "
            "or create the topics yourself and set kafka.create_topics to false"
        )
    raise RetryLaterError(f"the topic {name} was not created: {message or f'error {code}'}")
