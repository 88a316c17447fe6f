"""Topics that are a state's alone: which they are, deleting them, and making room for a state to begin anew."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

from processors.engine.naming import APP_ID, rebuild_topic, table_name
from runtime.clients import opened
from runtime.kafka import KafkaConnection
from runtime.reading import make_known, partitions_of_topics, reader
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.states import FIRST_STATE

# Kafka's client is imported where it is used: a help page answers at once.

_GONE_SECONDS = 60
_POLL_SECONDS = 0.2


async def empty(connection: KafkaConnection, state: str) -> None:
    """Delete those with records, and wait until they are gone; who computes the state makes them anew.

    Where all are empty nothing is done: whoever makes topics by hand is not asked for the same ones for ever.

    Raises:
        ConfigurationError: the cluster refuses.
        RetryLaterError: Kafka does not answer.
    """
    from aiokafka import TopicPartition  # noqa: PLC0415

    found = await partitions_of_topics(connection)
    places = [
        TopicPartition(topic, number)
        for topic in topics_of_state(state, found, connection.topic_prefix)
        for number in found[topic]
    ]
    if not places:
        return
    async with reader(connection) as consumer:
        # Without partitions it could not be stopped: aiokafka 0.14 awaits a task of its own that has not begun.
        make_known(consumer, places)
        ends = await consumer.end_offsets(places)
    filled = sorted({place.topic for place, end in ends.items() if end})
    await delete(connection, filled)
    until = time.monotonic() + _GONE_SECONDS
    while not set(filled).isdisjoint(await partitions_of_topics(connection)):
        if time.monotonic() > until:
            raise RetryLaterError(f"topics of {state} are deleted, and the cluster still has them")
        await asyncio.sleep(_POLL_SECONDS)


async def delete(connection: KafkaConnection, topics: Sequence[str]) -> None:
    """Delete topics by their names on the cluster; one that somebody else has just deleted is gone, too.

    Raises:
        ConfigurationError: the cluster refuses.
        RetryLaterError: Kafka does not answer.
    """
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415
    from aiokafka.errors import UnknownTopicOrPartitionError, for_code  # noqa: PLC0415

    if not topics:
        return
    admin = AIOKafkaAdminClient(**connection.command_options())
    async with opened(connection, admin, admin.close):
        answer = await admin.delete_topics(list(topics))
    for topic, code, *_ in answer.topic_error_codes:
        if code and for_code(code) is not UnknownTopicOrPartitionError:
            raise ConfigurationError(f"the cluster does not delete the topic {topic}: {for_code(code).__name__}")


def topics_of_state(state: str, found: Iterable[str], prefix: str) -> list[str]:
    """Of the topics on a cluster those that are the state's alone."""
    from processors.agents import STATE_TABLES  # noqa: PLC0415 (Faust takes a second)
    from processors.rebuild.kept_answers import KEPT_ANSWERS_TABLE  # noqa: PLC0415 (as above)

    tables = {*STATE_TABLES, *(() if state == FIRST_STATE else (KEPT_ANSWERS_TABLE,))}
    changelogs = {f"{prefix}{APP_ID}-{table_name(table, state)}-changelog" for table in tables}
    own = f"{prefix}{rebuild_topic(state, '')}"
    return sorted(topic for topic in found if topic in changelogs or topic.startswith(own))
