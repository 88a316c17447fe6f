"""The topics as the cluster has them, and the change of their settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ops.topics.comparison import FoundTopic, TopicDifference
from runtime.clients import opened
from runtime.kafka import KafkaConnection
from schemas.errors import ConfigurationError, RetryLaterError

# Kafka's protocol, DescribeConfigs: who set a value (https://kafka.apache.org/protocol, checked 2026-11-27).
_OF_THE_TOPIC = 1
_VISIBLE_SECONDS = 30
_POLL_SECONDS = 0.1


class TopicAdmin:
    """An open connection. Use `topic_admin`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def found(self, names: Sequence[str]) -> dict[str, FoundTopic]:
        """All topics of the cluster by name; those that are asked for with their settings."""
        # All are asked for: a request that names a missing one would make some brokers create it.
        described = {topic["topic"]: topic["partitions"] for topic in await self._client.describe_topics()}
        there = [name for name in names if name in described]
        settings = {name: {key: value for key, (value, _) in (await self._settings(name)).items()} for name in there}
        return {
            name: FoundTopic(
                name,
                len(partitions),
                min((len(partition["replicas"]) for partition in partitions), default=0),
                settings.get(name, {}),
            )
            for name, partitions in described.items()
        }

    async def change(self, topic: str, changes: Sequence[TopicDifference]) -> None:
        """Set what differs, and keep what somebody else has set of this topic.

        The request replaces all settings of a topic, so those that stay are sent with it.

        Raises:
            ConfigurationError: the cluster refuses.
            RetryLaterError: it says yes, and shows the old ones still.
        """
        from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType  # noqa: PLC0415

        kept = {name: value for name, (value, of_the_topic) in (await self._settings(topic)).items() if of_the_topic}
        settings = kept | {change.what: change.wanted for change in changes}
        (answer,) = await self._client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, settings)])
        for code, message, *_ in answer.resources:
            if code:
                raise ConfigurationError(f"the cluster does not let us change the topic {topic}: {message or code}")
        # The brokers hear of it from the controller, some time after it has answered.
        try:
            async with asyncio.timeout(_VISIBLE_SECONDS):
                while not await self._is_set(topic, changes):  # noqa: ASYNC110 (nobody tells when)
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise RetryLaterError(
                f"the cluster has taken new settings of the topic {topic}, and does not show them"
            ) from None

    async def _is_set(self, topic: str, changes: Sequence[TopicDifference]) -> bool:
        settings = await self._settings(topic)
        return all(settings[change.what][0] == change.wanted for change in changes)

    async def _settings(self, topic: str) -> Mapping[str, tuple[str, bool]]:
        from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType  # noqa: PLC0415

        (answer,) = await self._client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        ((code, message, _, _, entries),) = answer.resources
        if code:
            raise ConfigurationError(f"the cluster does not tell the settings of the topic {topic}: {message or code}")
        return {entry[0]: (entry[1] or "", entry[3] == _OF_THE_TOPIC) for entry in entries}


@asynccontextmanager
async def topic_admin(connection: KafkaConnection) -> AsyncIterator[TopicAdmin]:
    """A connection to the cluster.

    Raises:
        RetryLaterError: it does not answer.
    """
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415 (a help page needs no Kafka client)

    client = AIOKafkaAdminClient(**connection.command_options())
    async with opened(connection, client, client.close):
        yield TopicAdmin(client)
