"""A producer goes on asking Kafka for metadata, whatever its connections have done."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from runtime.reachability import kafka_answers


async def test_metadata_is_asked_for_again_where_the_task_for_it_has_died(
    kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transport of uvloop is closed a moment before aiokafka hears of it; a worker waited for ever behind that."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()
    try:
        assert await kafka_answers(producer, 30)

        def is_closed(_data: bytes) -> None:
            raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

        with monkeypatch.context() as broken:
            client: Any = producer.client
            for connection in client._conns.values():
                broken.setattr(connection._writer, "write", is_closed)
            assert not await kafka_answers(producer, 1)
            assert client._sync_task.done()
        assert await kafka_answers(producer, 30)
    finally:
        await producer.stop()
