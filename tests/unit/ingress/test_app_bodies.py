"""How the endpoint reads bodies: by the headers first, within time and memory, whole or not at all."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from ingress.settings import Limits
from schemas.topics import RAW_EVENTS
from tests.support.ingress import as_zoom_writes, example, ingress_settings_for, signed_headers
from tests.support.processes import eventually
from tests.support.webhook_endpoint import Server, serving

STARTED = as_zoom_writes(example("meeting.started__plain"))


def head(length: int | str, *, signed: bytes | None = b"{}", more: str = "") -> bytes:
    """A delivery's headers, signed for some body, which need not be the one that follows."""
    lines = {"host": "x", "content-type": "application/json", "content-length": str(length)}
    if signed is not None:
        lines |= signed_headers(signed)
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST /webhooks/zoom HTTP/1.1\r\n{text}{more}\r\n".encode()


def chunked_head(signed: bytes = b"{}") -> bytes:
    """The same with a body in chunks."""
    return head(0, signed=signed).replace(b"content-length: 0\r\n", b"transfer-encoding: chunked\r\n")


async def test_body_that_does_not_arrive_is_503() -> None:
    """A slow sender holds neither memory nor a place for longer than Zoom's own limit."""
    async with serving(ingress_settings_for(limits=Limits(body_seconds=0.05))) as server, server.connected() as slow:
        slow.send(head(9) + b"{")
        assert await slow.status() == 503
        assert server.counted("unavailable") == 1


async def test_body_of_headers_that_cannot_be_authentic_is_not_waited_for() -> None:
    """Missing or malformed: 401 before a byte of the body has come, and the connection is closed."""
    async with serving(ingress_settings_for(limits=Limits(body_seconds=60))) as server:
        malformed = head(600, signed=None, more="x-zm-signature: v0=beef\r\nx-zm-request-timestamp: 1\r\n")
        for lines in (head(600, signed=None), malformed):
            async with server.connected() as slow:
                slow.send(lines)
                assert await slow.status() == 401
                assert b"close" in (await slow.rest()).lower()


async def test_arriving_bodies_are_charged_for_what_has_come_not_for_what_they_declare() -> None:
    """Declaring much and sending little shuts nobody out; what is really held is bounded."""
    limits = Limits(waiting_bytes=4_000, body_seconds=60)
    async with serving(ingress_settings_for(limits=limits)) as server:
        async with server.connected() as first, server.connected() as second:
            for slow in (first, second):
                slow.send(head(3_000) + b"{")
            async with server.connected() as third:
                third.send(head(len(STARTED), signed=STARTED))
                await asyncio.sleep(0.05)  # so that the body comes apart from its headers
                third.send(STARTED)
                assert await third.status() == 200
            first.send(b"x" * 2_500)
            second.send(b"x" * 2_500)
            statuses = [asyncio.create_task(slow.status()) for slow in (first, second)]
            done, waiting = await asyncio.wait(statuses, return_when=asyncio.FIRST_COMPLETED, timeout=10)
            assert [task.result() for task in done] == [503]
            for task in waiting:
                task.cancel()
        label = {"reason": "overloaded"}
        assert server.metrics.registry.get_sample_value("rollcall_ingress_unavailable_total", label) == 1


async def counted(server: Server, outcome: str, number: int) -> None:
    """Wait until so many are counted."""

    async def reached() -> bool:
        return server.counted(outcome) == number

    await eventually(reached, what=f"{number} {outcome}")


async def test_client_that_hangs_up_is_counted_and_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Everyday on the internet: no traceback."""
    caplog.set_level(logging.DEBUG)
    async with serving() as server:
        for _ in range(3):
            async with server.connected() as gone:
                gone.send(head(600) + b"{")
                await asyncio.sleep(0.05)
        await counted(server, "hung_up", 3)
    assert [record for record in caplog.records if record.name != "asyncio"] == []


async def test_body_in_single_bytes_is_refused_after_a_few() -> None:
    """Each costs what hundreds of bytes together do; the answer comes before the million is through."""
    async with serving() as server, server.connected() as crumbs:
        began = time.process_time()
        crumbs.send(chunked_head() + b"1\r\nx\r\n" * 300_000)
        assert await crumbs.status() == 400
        assert time.process_time() - began < 1.0
        assert server.counted("bad_body") == 1


async def test_malformed_chunk_is_refused_at_once_counted_once_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Not when its time is up: aiohttp tells its own queue of it, and not whoever reads the body."""
    caplog.set_level(logging.DEBUG)
    async with serving(ingress_settings_for(limits=Limits(body_seconds=60))) as server, server.connected() as client:
        client.send(chunked_head().replace(b"\r\n\r\n", b"\r\nexpect: 100-continue\r\n\r\n"))
        assert await client.status() == 100  # so that the body comes apart from its headers
        client.send(b"4\r\n{  }\r\nMaya-hunter2\r\n")
        assert await client.reader.readline() == b"\r\n"
        assert await client.status() == 400
        assert b"HTTP/1.1" not in await client.rest()
        await counted(server, "bad_body", 1)
        assert {server.counted(outcome) for outcome in ("bad_header", "unavailable", "failed")} == {0}
    assert [record for record in caplog.records if record.name != "asyncio"] == []


async def test_client_that_expects_100_is_invited_once_its_headers_are_accepted() -> None:
    """A larger body is held back until then by curl, for one; of refused headers no body is wanted."""
    expecting = "expect: 100-continue\r\n"
    async with serving() as server:
        async with server.connected() as client:
            client.send(head(len(STARTED), signed=STARTED, more=expecting))
            assert await client.status() == 100
            client.send(STARTED)
            assert await client.reader.readline() == b"\r\n"
            assert await client.status() == 200
        async with server.connected() as client:
            client.send(head(600, signed=None, more=expecting))
            assert await client.status() == 401


async def test_body_in_chunks_of_a_proxys_size_is_accepted() -> None:
    """Some proxies pass chunks on as they come."""
    body = b'{"event":"meeting.started","pad":"' + b"p" * 100_000 + b'"}'
    async with serving() as server, server.connected() as chunks:
        chunks.send(chunked_head(body))
        for start in range(0, len(body), 1_000):
            part = body[start : start + 1_000]
            chunks.send(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        chunks.send(b"0\r\n\r\n")
        assert await chunks.status() == 200
        assert server.publisher.values(RAW_EVENTS.name) == [body]


@pytest.mark.parametrize("levels", [10, 254, 400, 499, 501, 900, 990, 1_000, 1_024, 5_000, 100_000])
@pytest.mark.parametrize("at", [None, 1.0])
async def test_body_of_any_depth_is_accepted_or_refused_and_never_an_error(levels: int, at: float | None) -> None:
    """Fresh or stale; 990 levels could once be read and not be written."""
    body = b'{"event":"x.y","a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"
    async with serving() as server:
        status, _ = await server.post(body, signed_headers(body, at=at))
        assert status == (200 if levels <= 500 or at is not None else 400)
        assert server.counted("failed") == 0


async def test_body_with_bytes_that_are_no_text_is_repaired() -> None:
    """They become U+FFFD; the signature is over the bytes as they came."""
    body = b'{"event":"meeting.started","payload":{"object":{"topic":"Jos\xe9"}}}'
    async with serving() as server:
        assert (await server.post(body, signed_headers(body)))[0] == 200
        assert server.publisher.values(RAW_EVENTS.name) == [body.replace(b"\xe9", "\ufffd".encode())]
