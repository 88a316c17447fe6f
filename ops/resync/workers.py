"""How many members a consumer group has: the workers, or whoever rebuilds."""

from __future__ import annotations

from processors.engine.naming import APP_ID
from runtime.clients import opened
from runtime.kafka import KafkaConnection

_MEMBERS = 5
"""Where a group of Kafka's DescribeGroups answer has its members (https://kafka.apache.org/protocol, checked
2026-11-27)."""


async def workers(connection: KafkaConnection, name: str = APP_ID) -> int | None:
    """Members of the group of that name, without the prefix; ``None``: this user may not know.

    One that was killed counts for some seconds.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415 (a help page needs no Kafka client)
    from aiokafka.errors import GroupAuthorizationFailedError  # noqa: PLC0415

    admin = AIOKafkaAdminClient(**connection.command_options())
    async with opened(connection, admin, admin.close):
        try:
            (answer,) = await admin.describe_consumer_groups([f"{connection.topic_prefix}{name}"])
        except GroupAuthorizationFailedError:
            return None
        (group,) = answer.groups
        return None if group[0] else len(group[_MEMBERS])
