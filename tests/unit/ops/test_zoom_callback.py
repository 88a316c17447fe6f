"""The loopback page of a login, asked over HTTP as a browser asks."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from ops.zoom.callback import CALLBACK_PATH, Callback
from processors.zoom.api.authorization import LoginAttempt
from sandbox.kafka.ports import free_port
from schemas.errors import RetryLaterError
from tests.support.processes import eventually

ATTEMPT = LoginAttempt("http://127.0.0.1/oauth/zoom", "our-state", "v" * 64)


class Exchange:
    """Takes codes, and answers when it is told to; the second exchange of a code fails, as it does at Zoom."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.may_answer = asyncio.Event()

    async def __call__(self, code: str) -> None:
        """Raises `RetryLaterError` for a code that was here before."""
        used = code in self.codes
        self.codes.append(code)
        await self.may_answer.wait()
        if used:
            raise RetryLaterError("the second exchange of a code fails")


async def test_callback_loaded_twice_at_once_exchanges_the_code_once_and_both_pages_say_connected() -> None:
    """A browser's prefetch must not make the command say that it failed while the login is stored."""
    exchange, port = Exchange(), free_port()
    callback = Callback(ATTEMPT, exchange)
    url = f"http://127.0.0.1:{port}{CALLBACK_PATH}?state=our-state&code=c1"
    async with callback.listening("127.0.0.1", port), aiohttp.ClientSession() as session:

        async def load() -> tuple[int, bool]:
            async with session.get(url) as answer:
                return answer.status, "is connected" in await answer.text()

        async def begun() -> bool:
            return exchange.codes == ["c1"]

        first = asyncio.create_task(load())
        await eventually(begun, what="the exchange has begun")
        second = asyncio.create_task(load())
        async with session.get(f"{url}-another") as answer:
            assert (answer.status, "answered before" in await answer.text()) == (400, True)
        exchange.may_answer.set()
        assert [await first, await second] == [(200, True), (200, True)]
        await callback.wait(1)
    assert exchange.codes == ["c1"]


async def test_callback_whose_exchange_fails_tells_the_page_and_the_command_the_same() -> None:
    """Also the page that is loaded again afterwards."""
    exchange, port = Exchange(), free_port()
    exchange.codes.append("used")
    exchange.may_answer.set()
    callback = Callback(ATTEMPT, exchange)
    async with callback.listening("127.0.0.1", port), aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.get(f"http://127.0.0.1:{port}{CALLBACK_PATH}?state=our-state&code=used") as answer:
                assert (answer.status, "exchange of a code fails" in await answer.text()) == (400, True)
        with pytest.raises(RetryLaterError):
            await callback.wait(1)
    assert exchange.codes == ["used", "used"]
