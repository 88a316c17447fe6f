"""A small HTTP load generator: keep-alive connections, one request under way on each."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import cast

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Load:
    """One POST request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def as_bytes(self, host: str) -> bytes:
        """As it goes over the wire."""
        lines = [f"POST {self.path} HTTP/1.1", f"host: {host}", f"content-length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a load."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    statuses: Mapping[int, int]


async def measure(host: str, port: int, loads: Sequence[Load], *, connections: int, seconds: float) -> Measured:
    """Send the requests in turn over so many connections for so long."""
    loop = asyncio.get_running_loop()
    tally = _Tally(end=time.perf_counter() + seconds)
    requests = cycle([load.as_bytes(f"{host}:{port}") for load in loads])
    began = time.perf_counter()
    opened = [
        await loop.create_connection(lambda: _Connection(requests, tally), host, port) for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.finished for _, protocol in opened))
    elapsed = time.perf_counter() - began
    cuts = statistics.quantiles(tally.latencies, n=100)
    return Measured(len(tally.latencies), elapsed, cuts[49] * 1_000, cuts[98] * 1_000, dict(tally.statuses))


@dataclass
class _Tally:
    end: float
    latencies: list[float]
    statuses: Counter[int]

    def __init__(self, end: float) -> None:
        self.end, self.latencies, self.statuses = end, [], Counter()


class _Connection(asyncio.Protocol):
    """Sends the next request when the last is answered. Answers are small and have a content-length."""

    def __init__(self, requests: cycle[bytes], tally: _Tally) -> None:
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests, self._tally = requests, tally
        self._received, self._began = b"", 0.0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._send()

    @override
    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data
        head, separator, body = received.partition(b"\r\n\r\n")
        if not separator or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        now = time.perf_counter()
        self._tally.latencies.append(now - self._began)
        self._tally.statuses[int(received[9:12])] += 1
        self._received = b""
        if now < self._tally.end:
            self._send()
        else:
            self._transport.close()
            self.finished.set_result(None)

    @override
    def connection_lost(self, error: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_exception(error or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(next(self._requests))
