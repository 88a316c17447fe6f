"""Tells open pages by server-sent events that the tables have changed; they load themselves anew.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import web

from console.asking import ask, batches
from readmodel.database import Database

_LOOK_SECONDS = 2.0
_LASTS_LOOKS = 300
"""Then the page comes again, and has to be signed in."""
_MOST_AT_ONCE = 64


class LivePages:
    """One number, that of the batches written, to every page that asks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._closing = asyncio.Event()
        self._open = 0

    async def close(self, _app: web.Application) -> None:
        """End all streams: whoever stops the process does not wait for them."""
        self._closing.set()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Says the number whenever it is another one than before."""
        if self._open >= _MOST_AT_ONCE:
            raise web.HTTPServiceUnavailable
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        self._open += 1
        try:
            await response.prepare(request)
            await self._tell(response)
        except ConnectionResetError:  # the page was left
            pass
        finally:
            self._open -= 1
        return response

    async def _tell(self, response: web.StreamResponse) -> None:
        before = -1
        for _ in range(_LASTS_LOOKS):
            now = await ask(self._database, batches)
            # A comment where there is nothing new: a page that was left is noticed.
            await response.write(b":\n\n" if now == before else f"data: {now}\n\n".encode())
            before = now
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._closing.wait()
                return
