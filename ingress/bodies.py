"""Reads the bodies of requests within bounds of size, time and memory, for all paths of the endpoint."""

from __future__ import annotations

import asyncio
from typing import Final, Literal

from aiohttp import hdrs, web

from ingress.settings import Limits

BodyFailure = Literal["too_large", "slow_body", "overloaded", "hung_up", "bad_body"]
"""Why there is no body: larger than allowed; not there in time; too much is arriving; the client has gone; it
comes in crumbs, or in chunks that are none."""

_FREE_PORTIONS: Final = 16
_PORTION_BYTES: Final = 256
"""On average, after the free ones. A body of single bytes costs thousands of times what its bytes do."""


class Bodies:
    """What is held of bodies that are still arriving is bounded as what waits for Kafka is.

    A body counts with what has arrived of it: what it says that it will be costs nothing yet.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.arriving_bytes = 0

    def is_too_large(self, request: web.BaseRequest) -> bool:
        """Whether the request says so itself."""
        length = request.content_length
        return length is not None and length > self._limits.body_bytes

    async def read(self, request: web.BaseRequest) -> bytes | BodyFailure:
        """The raw body of a request that is not too large by its own account, or why there is none."""
        try:
            if request.content.is_eof():  # it came with its headers, as nearly all do
                body = request.content.read_nowait()
                return body if len(body) <= self._limits.body_bytes else "too_large"
            async with asyncio.timeout(self._limits.body_seconds):
                return await self._arrive(request)
        except TimeoutError:
            return "slow_body"
        except OSError:
            return "hung_up"
        except web.RequestPayloadError:
            return "bad_body"

    async def _arrive(self, request: web.BaseRequest) -> bytes | BodyFailure:
        body = bytearray()
        portions = 0
        try:
            await _invite(request)
            while request.transport is not None:
                portion = await request.content.readany()
                if not portion:
                    return bytes(body)
                portions += 1
                body += portion
                self.arriving_bytes += len(portion)
                if len(body) > self._limits.body_bytes:
                    return "too_large"
                if self.arriving_bytes > self._limits.waiting_bytes:
                    return "overloaded"
                if portions > _FREE_PORTIONS and len(body) < portions * _PORTION_BYTES:
                    return "bad_body"
                await asyncio.sleep(0)  # aiohttp goes on parsing without a pause while there is anything to parse
            return "hung_up"
        finally:
            self.arriving_bytes -= len(body)


async def _invite(request: web.BaseRequest) -> None:
    """Tell a client that waits with its body until its headers are accepted to go on."""
    if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # of the answer itself nothing is sent yet
