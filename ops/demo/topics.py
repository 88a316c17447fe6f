"""Leaves somebody's own Kafka as it was: the demo's topics are recognised by their prefix, and removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient

from runtime.kafka import KafkaConnection
from runtime.reading import partitions_of_topics


@asynccontextmanager
async def removed_afterwards(connection: KafkaConnection, prefix: str) -> AsyncIterator[None]:
    """After the block, topics and changelogs that begin with `prefix` are gone; also when it fails.

    Raises:
        RetryLaterError: Kafka does not answer; then the block is not begun.
    """
    await partitions_of_topics(connection)
    try:
        yield
    finally:
        await asyncio.shield(_remove(connection, prefix))


async def _remove(connection: KafkaConnection, prefix: str) -> None:
    admin = AIOKafkaAdminClient(**connection.client_options())
    await admin.start()
    try:
        ours = [name for name in await admin.list_topics() if name.startswith(prefix)]
        if ours:
            await admin.delete_topics(ours)
    finally:
        await admin.close()
