"""A server in Zoom's or Brevo's place that means harm: answers without an end, bombs, pages that never stop."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache

from aiohttp import web

MEBIBYTE = 1024 * 1024
_GZIP_HEADER = bytes.fromhex("1f8b08 00 00000000 00 ff")
Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


@cache
def bomb() -> bytes:
    """2 GiB of zeros as 2 MB of gzip, but for its checksum: nobody may come so far."""
    # A block that ends in a full flush may stand again and again: compressing all of it would take 6 s.
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(MEBIBYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return _GZIP_HEADER + 2_048 * block + packer.flush()


async def explode(_: web.Request) -> web.StreamResponse:
    """A short answer that becomes a long one."""
    return web.Response(body=bomb(), headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})


async def stream(request: web.Request) -> web.StreamResponse:
    """An answer without an end."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with suppress(ConnectionError):  # whoever asked has had enough
        while True:
            await response.write(b" " * MEBIBYTE)
    return response


def pages(row_bytes: int) -> Behaviour:
    """A list of users of which each page leads to a new one."""
    numbers = itertools.count()

    async def one_more(_: web.Request) -> web.StreamResponse:
        number = next(numbers)
        return web.json_response(
            {"users": [{"id": f"u{number}", "x": "y" * row_bytes}], "next_page_token": f"{number}"}
        )

    return one_more


class Hostile:
    """A server that behaves as it is told, whatever it is asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.behaviour: Behaviour = explode
        self.gives_tokens = True

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any request."""
        self.asked.append(request.path)
        if request.path == "/oauth/token" and self.gives_tokens:
            return web.json_response({"access_token": "t", "expires_in": 3599, "api_url": self.url})
        return await self.behaviour(request)


@asynccontextmanager
async def hostile_server(host: str = "127.0.0.1") -> AsyncIterator[Hostile]:
    """It, on a free port."""
    server = Hostile()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    server.url = f"http://{host}:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
