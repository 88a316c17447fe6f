"""The event loop of every process that writes to Kafka for long: uvloop's, with streams that break as asyncio's do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import uvloop
from typing_extensions import override


class EventLoop(uvloop.Loop):
    """Writing to a stream whose transport has closed is an OSError.

    uvloop raises a RuntimeError, a moment before the stream hears that it is closed. aiokafka foresees OSErrors alone
    (0.14, `AIOKafkaConnection.send`; aio-libs/aiokafka#1038): where a broker is killed under load, its only tasks that
    ask for metadata and that send batches die of the other.
    """

    @override
    async def create_connection(
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], *arguments: Any, **options: Any
    ) -> tuple[Any, Any]:
        """As asyncio's."""
        transport, protocol = await super().create_connection(protocol_factory, *arguments, **options)
        is_stream = isinstance(protocol, asyncio.StreamReaderProtocol)
        return (_StreamTransport(transport) if is_stream else transport), protocol


class _StreamTransport:
    """What a `StreamWriter` writes to."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        try:
            self._transport.write(data)
        except RuntimeError as exc:
            raise ConnectionResetError("the connection is closed") from exc
