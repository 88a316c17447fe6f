"""A TCP proxy that is slow, or swallows what it is given, for networks that fail without telling anybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_CHUNK_BYTES = 65_536


class TcpProxy:
    """Passes bytes on between clients and one server. Use `proxy`.

    Attributes:
        delay_seconds: how long every chunk waits, in each direction.
        swallows: while true bytes disappear, and connections stay open.
    """

    def __init__(self, server_port: int) -> None:
        self.delay_seconds = 0.0
        self.swallows = False
        self._server_port = server_port
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        upstream: asyncio.StreamWriter | None = None
        with suppress(OSError, asyncio.CancelledError):
            answers, upstream = await asyncio.open_connection("127.0.0.1", self._server_port)
            ends = [
                asyncio.create_task(direction)
                for direction in (self._pass(reader, upstream), self._pass(answers, writer))
            ]
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for end in ends:
                    end.cancel()
                await asyncio.gather(*ends, return_exceptions=True)
        for stream in filter(None, (writer, upstream)):
            stream.transport.abort()
        self._tasks.discard(task)

    async def close(self) -> None:
        """End every connection."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        swallowed = False
        while chunk := await source.read(_CHUNK_BYTES):
            # A stream that lost its middle is worth nothing: TCP would have sent it again or broken the connection.
            swallowed = swallowed or self.swallows
            if swallowed and not self.swallows:
                return
            if swallowed:
                continue
            await asyncio.sleep(self.delay_seconds)
            sink.write(chunk)
            await sink.drain()


@asynccontextmanager
async def proxy(server_port: int, port: int) -> AsyncIterator[TcpProxy]:
    """A proxy on 127.0.0.1:`port` to 127.0.0.1:`server_port`, until the block ends."""
    subject = TcpProxy(server_port)
    server = await asyncio.start_server(subject.serve_client, "127.0.0.1", port)
    try:
        yield subject
    finally:
        server.close()
        await subject.close()
        await server.wait_closed()
