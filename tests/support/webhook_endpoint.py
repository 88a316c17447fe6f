"""The public endpoint on a free port, as the process sets it up, and raw connections to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from ingress.app import build_app
from ingress.metrics import IngressMetrics
from ingress.settings import IngressSettings
from ingress.signature import SigningKey
from runtime.guard import Guard
from runtime.listening import listen
from tests.support.ingress import KEY, MemoryPublisher, ingress_settings_for

OTHER = SigningKey(b"secret-of-b", ("account-b",))


@dataclass
class Raw:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        """Write without waiting."""
        self.writer.write(data)

    async def status(self) -> int:
        """Of the next answer; 0: the connection is closed without one."""
        try:
            line = await asyncio.wait_for(self.reader.readline(), 10)
        except ConnectionError:
            return 0
        return int(line.split()[1]) if line else 0

    async def rest(self) -> bytes:
        """Everything until the other side closes."""
        try:
            return await asyncio.wait_for(self.reader.read(), 10)
        except ConnectionError:
            return b""


@dataclass
class Server:
    """An endpoint that is open, with what it published and counted."""

    url: str
    port: int
    session: aiohttp.ClientSession
    publisher: MemoryPublisher
    metrics: IngressMetrics

    async def post(self, body: Any, headers: dict[str, str], path: str = "") -> tuple[int, bytes]:
        """Status and body of the answer to a delivery."""
        async with self.session.post(f"{self.url}{path}", data=body, headers=headers) as answer:
            return answer.status, await answer.read()

    def counted(self, outcome: str) -> float | None:
        """Deliveries counted with this outcome."""
        return self.metrics.registry.get_sample_value("rollcall_ingress_deliveries_total", {"outcome": outcome})

    def closed(self, reason: str) -> float | None:
        """Connections counted as closed for this reason."""
        return self.metrics.registry.get_sample_value("rollcall_ingress_connections_closed_total", {"reason": reason})

    @asynccontextmanager
    async def connected(self, source: str = "127.0.0.1") -> AsyncIterator[Raw]:
        """A connection on which any bytes can be sent, from any address of the loopback network."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
        try:
            yield Raw(reader, writer)
        finally:
            writer.transport.abort()


@asynccontextmanager
async def serving(
    settings: IngressSettings | None = None, publisher: MemoryPublisher | None = None
) -> AsyncIterator[Server]:
    """A real server on a free port, as the process sets it up."""
    settings = settings or ingress_settings_for(KEY, OTHER)
    publisher, metrics = publisher or MemoryPublisher(), IngressMetrics()
    runner = web.ServerRunner(web.Server(build_app(settings, publisher, metrics)))
    await runner.setup()
    try:
        guard = Guard(settings.limits.connections, metrics.count_refusal, settings.proxies)
        with await listen(runner, settings.listen, guard, auto_decompress=False) as port:
            async with aiohttp.ClientSession() as session:
                yield Server(f"http://127.0.0.1:{port}/webhooks/zoom", port, session, publisher, metrics)
    finally:
        await runner.cleanup()
