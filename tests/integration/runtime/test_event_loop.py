"""A connection to Kafka that has closed tells so by an error that aiokafka foresees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvloop
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from runtime.event_loop import EventLoop

# aiokafka hears that a connection is closed within so many turns of the event loop.
_TURNS = 6


async def _errors(bootstrap: str) -> set[type[Exception]]:
    """Of writing to a connection that was closed some turns of the event loop ago."""
    found = set()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        client: Any = producer.client
        for turns in range(_TURNS):
            assert await client.force_metadata_update()
            (connection,) = client._conns.values()
            connection._writer.transport.abort()
            for _ in range(turns):
                await asyncio.sleep(0)
            with pytest.raises((KafkaConnectionError, RuntimeError), match=r"closed|No connection") as raised:
                await connection.send(MetadataRequest([]))
            found.add(raised.type)
    return found


@pytest.mark.parametrize(
    ("loop_factory", "errors"),
    [
        (asyncio.new_event_loop, {KafkaConnectionError}),
        (EventLoop, {KafkaConnectionError}),
        (uvloop.Loop, {KafkaConnectionError, RuntimeError}),  # once it does as asyncio does, `EventLoop` may go
    ],
    ids=["asyncio", "ours", "uvloop"],
)
def test_writing_to_a_closed_connection(
    kafka_bootstrap: str, loop_factory: Callable[[], asyncio.AbstractEventLoop], errors: set[type[Exception]]
) -> None:
    """Whenever it was closed."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        assert runner.run(_errors(kafka_bootstrap)) == errors
