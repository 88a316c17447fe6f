"""A guarded port, with real connections: what is refused, what is told, and what goes on beside it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import web

from runtime.connections import ConnectionLimits
from runtime.guard import Guard
from runtime.listening import listen
from runtime.variables import Address
from tests.support.processes import eventually
from tests.support.webhook_endpoint import Raw

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


@dataclass
class Port:
    """A guarded port."""

    number: int
    guard: Guard
    told: Counter[str]

    @asynccontextmanager
    async def connected(self, source: str = "127.0.0.1") -> AsyncIterator[Raw]:
        """A connection, from any address of the loopback network."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number, local_addr=(source, 0))
        try:
            yield Raw(reader, writer)
        finally:
            writer.transport.abort()

    async def until_told(self, **counts: int) -> None:
        """Wait until exactly this was counted."""

        async def reached() -> bool:
            return dict(self.told) == counts

        await eventually(reached, what=f"{counts} are told, not {dict(self.told)}")


@asynccontextmanager
async def guarded(limits: ConnectionLimits | None = None) -> AsyncIterator[Port]:
    """A port with one path that answers, and one whose handler fails."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="here")

    async def fail(request: web.Request) -> web.Response:
        raise ValueError(f"cannot read {await request.text()}")

    app = web.Application()
    app.router.add_get("/", answer)
    app.router.add_post("/fail", fail)
    runner = web.AppRunner(app)
    await runner.setup()
    told: Counter[str] = Counter()
    guard = Guard(limits or ConnectionLimits(), lambda why: told.update([why]))
    try:
        with await listen(runner, Address("127.0.0.1", 0, "H", "P"), guard) as number:
            yield Port(number, guard, told)
    finally:
        await runner.cleanup()


SECRET = b"Maya Okafor hunter2"


@pytest.mark.parametrize(
    ("request_bytes", "refusal"),
    [
        (b"POST / HTTP/1.0\r\n\r\n" + SECRET, "bad_header"),
        (SECRET + b"\r\n\r\n", "bad_request_line"),
        (b"\x16\x03\x01" + SECRET, "bad_request_line"),
        (b"GET /" + SECRET.replace(b" ", b"") + b"\xff HTTP/1.1\r\nhost: x\r\n\r\n", "bad_request_line"),
        (b"GET / HTTP/1.1\r\nx: " + SECRET + b"\x01\r\n\r\n", "bad_header"),
        (b"GET / HTTP/1.1\r\n" + SECRET + b"\r\n\r\n", "bad_header"),
        (b"GET / HTTP/1.1\r\nx: " + SECRET * 5_000 + b"\r\n\r\n", "bad_header"),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1_0\r\n\r\n", "bad_header"),
    ],
)
async def test_malformed_request_is_400_counted_and_never_logged(
    request_bytes: bytes, refusal: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the log nor the answer holds a byte of it, and the answer says nothing about the software."""
    caplog.set_level(logging.DEBUG)
    async with guarded() as port, port.connected() as client:
        client.send(request_bytes)
        answers = await client.rest()
        await port.until_told(**{refusal: 1})
    assert b" 400 Bad Request\r\n" in answers
    assert answers.endswith(b'{"status":"bad request"}')
    assert b"server: rollcall" in answers.lower()
    assert b"aiohttp" not in answers.lower()
    assert b"Maya" not in answers
    assert [record for record in caplog.records if record.name != "asyncio"] == []


async def test_error_in_a_handler_is_500_and_logged_without_the_value(caplog: pytest.LogCaptureFixture) -> None:
    """A bug of ours: the line that failed is told, what it failed on is not."""
    async with guarded() as port, port.connected() as client:
        client.send(b"POST /fail HTTP/1.1\r\nhost: x\r\ncontent-length: 19\r\n\r\n" + SECRET)
        answers = await client.rest()
    assert b"500 Internal Server Error" in answers
    assert SECRET not in answers
    (logged,) = [record for record in caplog.records if record.name == "runtime.guard"]
    assert logged.getMessage() == "request failed"
    assert port.told == {"failed": 1}


async def test_headers_that_do_not_come_in_time_close_the_connection() -> None:
    """Neither a silent client nor one that sends a byte now and then keeps its place; a second request too."""
    async with (
        guarded(ConnectionLimits(header_seconds=0.3)) as port,
        port.connected() as silent,
        port.connected() as dripping,
        port.connected() as later,
    ):
        later.send(GET)
        await later.reader.readuntil(b"here")

        async def drip() -> None:
            for slow in (dripping, later):
                slow.send(b"GET / HTTP/1.1\r\nx: ")
            while not (dripping.reader.at_eof() and later.reader.at_eof()):
                for slow in (dripping, later):
                    slow.send(b"a")
                await asyncio.sleep(0.05)

        dropping = asyncio.create_task(drip())
        assert [await client.rest() for client in (silent, dripping, later)] == [b"", b"", b""]
        dropping.cancel()
        await port.until_told(late_headers=3)


async def test_idle_connection_stays_for_longer_than_headers_may_take() -> None:
    """A proxy keeps connections between requests."""
    async with guarded(ConnectionLimits(header_seconds=0.2, idle_seconds=1.5)) as port, port.connected() as client:
        client.send(GET)
        assert await client.status() == 200
        await asyncio.sleep(0.9)
        client.send(GET)
        assert (await asyncio.wait_for(client.rest(), 10)).count(b"200 OK") == 1  # and then it is closed
    assert port.told == {}


async def test_one_address_with_too_many_connections_loses_its_oldest_and_others_are_served() -> None:
    """Also whoever shares the address, as long as the request comes at once."""
    async with guarded(ConnectionLimits(per_address=5)) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port.number, local_addr=("127.0.0.2", 0)) for _ in range(8)]
        await port.until_told(too_many_connections=3)
        for source in ("127.0.0.1", "127.0.0.2"):
            async with port.connected(source) as client:
                client.send(GET)
                assert await client.status() == 200
        for _, writer in idle:
            writer.transport.abort()


async def test_total_of_connections_is_kept_by_closing_the_oldest_that_waits() -> None:
    """A newcomer that sends its request is served."""
    async with guarded(ConnectionLimits(total=5)) as port:
        idle = [
            await asyncio.open_connection("127.0.0.1", port.number, local_addr=(f"127.0.0.{number}", 0))
            for number in range(2, 22)
        ]
        async with port.connected() as client:
            client.send(GET)
            assert await client.status() == 200
        assert len(port.guard.connections) <= 5
        for _, writer in idle:
            writer.transport.abort()


async def test_body_after_an_answer_that_did_not_wait_for_it_is_not_parsed() -> None:
    """The answer says that the connection ends, and it does, however much still comes."""
    async with guarded() as port, port.connected() as client:
        client.send(b"POST /nowhere HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n")
        assert await client.status() == 404
        client.send(b"not a chunk at all\r\n" * 1_000)
        assert b"connection: close" in (await client.rest()).lower()
    assert port.told == {}
