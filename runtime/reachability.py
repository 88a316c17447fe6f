"""Asks whether Kafka is there."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError


async def kafka_answers(producer: AIOKafkaProducer, within_seconds: float) -> bool:
    """Whether a broker answers a started producer's question for metadata in time; never raises."""
    _ask_on(producer.client)
    try:
        async with asyncio.timeout(within_seconds):
            return bool(await producer.client.force_metadata_update())
    except (KafkaError, OSError, TimeoutError):
        return False


def _ask_on(client: Any) -> None:
    """Start aiokafka's only task that asks for metadata once more, where it has died of a lost connection.

    It foresees Kafka's errors (0.14, `AIOKafkaClient._metadata_update`), and not the RuntimeError of a uvloop transport
    that has closed below it. Without the task whoever needs metadata, each batch too, would wait for ever.
    """
    asking = client._sync_task  # noqa: SLF001 (no other way)
    if asking is not None and asking.done() and not asking.cancelled():
        asking.exception()  # seen: it is not told as one that nobody has looked at
        client._sync_task = asyncio.get_running_loop().create_task(client._md_synchronizer())  # noqa: SLF001
