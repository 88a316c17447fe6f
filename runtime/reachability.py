"""Asks whether Kafka is there."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError


async def kafka_answers(producer: AIOKafkaProducer, within_seconds: float) -> bool:
    """Whether a broker answers a started producer's question for metadata in time; never raises."""
    try:
        async with asyncio.timeout(within_seconds):
            return bool(await producer.client.force_metadata_update())
    except (KafkaError, OSError, TimeoutError):
        return False
