"""Attacks on the public endpoint and on the admin port: what anybody can send who reaches them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tests.attacks.stage import MARK, Attack, Stage
from tests.support.ingress import as_zoom_writes, signed_headers

Sender = Callable[[int, str], Awaitable[None]]

_SLOW_BODY = (
    "POST /webhooks/zoom HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1048576\r\n"
    f"x-zm-signature: v0={'0' * 64}\r\nx-zm-request-timestamp: 1\r\n\r\n{{"
).encode()
_CRUMBS = _SLOW_BODY.replace(b"content-length: 1048576", b"transfer-encoding: chunked")[:-1]


def one_letter(port: int, seconds: float) -> None:
    """`POST / HTTP/1.0` and 60 KB of one letter."""
    _many(port, seconds, 4, lambda where, source: _say(where, source, b"POST / HTTP/1.0\r\n\r\n" + b"A" * 60_000))


def odd_url(port: int, seconds: float) -> None:
    """A URL of 7,900 letters and a byte that is none, as nginx passes it on."""
    line = b"GET /" + MARK.encode() + b"A" * 7_900 + b"\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    _many(port, seconds, 32, lambda where, source: _say(where, source, line))


def odd_header(port: int, seconds: float) -> None:
    """A header of 7,900 letters with a control character, a body after `HTTP/1.0`, and lines that are no HTTP."""
    requests = [
        b"GET / HTTP/1.1\r\nHost: x\r\nx: " + MARK.encode() + b"A" * 7_900 + b"\x01\r\n\r\n",
        b'POST /webhooks/zoom HTTP/1.0\r\n\r\n{"user_name":"' + MARK.encode() + b'","password":"hunter2"}',
        MARK.encode() + b"\r\n\r\n",
    ]

    async def say(where: int, source: str) -> None:
        for request in requests:
            await _say(where, source, request)

    _many(port, seconds, 16, say)


def idle_slow_and_malformed(port: int, seconds: float) -> None:
    """2,000 idle, 200 slow uploads that are renewed when refused, 100 malformed requests a second; of 20 addresses."""

    async def attack() -> None:
        end = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for number in range(2_000):
                group.create_task(_until(end, port, _source(number), _hold))
            for number in range(200):
                group.create_task(_until(end, port, _source(number), _upload))
            for number in range(10):
                group.create_task(_until(end, port, _source(number), _malformed))

    asyncio.run(attack())


def idle_of_one_address(port: int, seconds: float) -> None:
    """2,000 idle connections of the address that valid deliveries come from, too."""
    _many(port, seconds, 2_000, _hold, addresses=0)


def slow_uploads(port: int, seconds: float) -> None:
    """66 bodies of 1 MiB by their own account, of which one byte comes."""
    _many(port, seconds, 66, _upload)


def slow_headers(port: int, seconds: float) -> None:
    """300 connections that send a header's letter now and then."""
    _many(port, seconds, 300, _drip)


def crumbs(port: int, seconds: float) -> None:
    """60 bodies in chunks of a single byte, as fast as the line takes them."""
    _many(port, seconds, 60, lambda where, source: _say(where, source, _CRUMBS + b"1\r\nx\r\n" * 200_000))


def hang_ups(port: int, seconds: float) -> None:
    """Clients that go away in the middle of a body."""

    async def hang_up(where: int, source: str) -> None:
        writer = await _connected(where, source)
        writer.write(_SLOW_BODY + MARK.encode())
        await asyncio.sleep(0.05)
        writer.transport.abort()

    _many(port, seconds, 8, hang_up)


def replayed(port: int, seconds: float) -> None:
    """Two captured deliveries, one fresh and one stale, again and again."""
    body = as_zoom_writes({"event": "x.replayed", "payload": {"object": {"user_name": MARK}}})
    requests = [_post(body, signed_headers(body)), _post(body, signed_headers(body, at=1))]

    async def say(where: int, source: str) -> None:
        for request in requests:
            await _say(where, source, request)

    _many(port, seconds, 16, say)


def odd_bodies(port: int, seconds: float) -> None:
    """Signed bodies nested 501 to 100,000 levels deep, and ids of 70,000 letters: refused, and nothing breaks."""
    bodies = [b'{"event":"x.y","a":' + b"[" * depth + b"]" * depth + b"}" for depth in (501, 900, 990, 1_023, 100_000)]
    bodies.append(as_zoom_writes({"event": "x.y", "payload": {"object": {"id": MARK + "A" * 70_000}}}))

    async def say(where: int, source: str) -> None:
        for body in bodies:
            await _say(where, source, _post(body, signed_headers(body)))

    _many(port, seconds, 8, say)


def odd_probes(port: int, seconds: float) -> None:
    """The admin port, asked for 5,000 digits of a version, under a foreign name, and with 120 KB of one letter."""
    version = b"9" * 5_000
    requests = [
        b"GET /metrics HTTP/1.1\r\nhost: x\r\naccept: application/openmetrics-text;version=%b\r\n\r\n" % version,
        b"GET /metrics HTTP/1.1\r\nhost: rebound.example.net\r\n\r\n",
        b"POST / HTTP/1.0\r\n\r\n" + MARK.encode() + b"A" * 120_000,
    ]

    async def say(where: int, source: str) -> None:
        for request in requests:
            await _say(where, source, request)

    _many(port, seconds, 8, say)


def _many(port: int, seconds: float, connections: int, send: Sender, *, addresses: int = 20) -> None:
    """So many at once, each again when it is over, until the time is."""

    async def attack() -> None:
        end = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for number in range(connections):
                group.create_task(_until(end, port, _source(number, addresses), send))

    asyncio.run(attack())


def _source(number: int, addresses: int = 20) -> str:
    return f"127.0.1.{number % addresses + 1}" if addresses else "127.0.0.1"


async def _until(end: float, port: int, source: str, send: Sender) -> None:
    while (left := end - time.monotonic()) > 0:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(left):
                await send(port, source)
        await asyncio.sleep(0.01)


async def _connected(port: int, source: str) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    return writer


async def _say(port: int, source: str, request: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        writer.write(request)
        await asyncio.wait_for(reader.read(4_096), 5)
    finally:
        writer.transport.abort()


async def _hold(port: int, source: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        await reader.read()
    finally:
        writer.transport.abort()


async def _upload(port: int, source: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        writer.write(_SLOW_BODY)
        await reader.readline()
    finally:
        writer.transport.abort()


async def _drip(port: int, source: str) -> None:
    writer = await _connected(port, source)
    try:
        writer.write(b"GET / HTTP/1.1\r\nx: ")
        while not writer.transport.is_closing():
            writer.write(b"a")
            await asyncio.sleep(0.5)
    finally:
        writer.transport.abort()


async def _malformed(port: int, source: str) -> None:
    await _say(port, source, b"\x16\x03\x01" + MARK.encode() + b"\r\n\r\n")
    await asyncio.sleep(0.09)  # ten of these are 100 a second


def _post(body: bytes, headers: dict[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST /webhooks/zoom HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
    return head.encode() + body


def _at_door(
    attack: Callable[[int, float], None], counted: str, before: str, *, records: int = 0, at_least_seconds: float = 0
) -> Attack:
    async def run(stage: Stage, seconds: float) -> None:
        await stage.in_child(attack, seconds)

    return Attack((attack.__doc__ or "").strip(), before, run, counted, records, at_least_seconds)


async def _at_admin(stage: Stage, seconds: float) -> None:
    await stage.in_child(odd_probes, seconds, port=stage.admin)


ATTACKS = (
    _at_door(one_letter, "bad_header", "the next delivery after 13.5 s"),
    _at_door(odd_url, "bad_request_line", "0 of 5 deliveries within 3 s; 16 KB of log each"),
    _at_door(
        odd_header,
        "bad_header",
        "names, numbers and passcodes in the log, at ERROR; 7,497 tracebacks in 55,000 requests",
    ),
    _at_door(
        idle_slow_and_malformed,
        "late_headers",
        "every delivery reset with 1,100 idle ones, health too",
        at_least_seconds=11,
    ),
    _at_door(idle_of_one_address, "too_many_connections", "every delivery reset, after 80 s still"),
    _at_door(slow_uploads, "slow_body", "63 of 67 deliveries refused"),
    _at_door(slow_headers, "late_headers", "none closed in 80 s", at_least_seconds=11),
    _at_door(crumbs, "bad_body", "3 of 3 deliveries unanswered"),
    _at_door(hang_ups, "hung_up", "a traceback of 1.3 KB each, and not counted"),
    _at_door(replayed, "replayed", "1,900 records a second, for ever", records=2),
    _at_door(
        odd_bodies, "unreadable", "500 at 990 levels; a worker that stalls for 20 s at the id, and again at each start"
    ),
    Attack((odd_probes.__doc__ or "").strip(), "500 with a traceback; a stall of 42 s", _at_admin, "bad_header"),
)
"""In the order of the table; the figures of before are of 2026-11-26, two busy cores (docs/explanation/security.md)."""
