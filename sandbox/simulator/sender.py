"""Sends a world's deliveries as Zoom does: signed with the time of sending, repeated when no answer comes."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import aiohttp
import orjson

from sandbox.simulator.world import UnsignedDelivery

# Zoom waits 3 s for an answer and repeats three times, 5, 20 and 60 minutes later, on a time-out, a refused connection
# or a status of 500 and more; never on another one (https://developers.zoom.us/docs/api/webhooks/, checked 2026-11-21).
_TIMEOUT_SECONDS = 3.0
_RETRY_RATIO = (1, 4, 12)
_QUEUES = 8


@dataclass(frozen=True)
class Target:
    """Where to send, and how fast."""

    url: str
    secret: str
    rate: float | None = None
    """Deliveries a second; ``None``: as fast as they are answered."""
    retry_seconds: float = 1.0
    """Pause before the first repeat; the others follow in Zoom's proportion, 4 and 12 times as long."""
    max_failures: int | None = None
    """Stop sending after so many deliveries were given up; ``None``: send all, as Zoom would."""


@dataclass
class Summary:
    """What came of a run."""

    deliveries: int = 0
    accepted: int = 0
    retries: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    """Attempts by HTTP status, or by the name of the network error."""
    failed: list[str] = field(default_factory=list)
    """Request ids of deliveries that were never accepted."""
    seconds: float = 0.0


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Zoom's `x-zm-signature` of a body sent at `timestamp` (epoch seconds)."""
    message = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


async def send(
    deliveries: Sequence[UnsignedDelivery], target: Target, on_done: Callable[[bool], None] = lambda _: None
) -> Summary:
    """Sends all and waits for every answer.

    Deliveries about one connection or registration keep their order, and nothing overtakes an `ended`; others run
    side by side. `on_done` hears after each delivery whether it was accepted.
    """
    summary = Summary(deliveries=len(deliveries))
    pace = _Pace(target.rate)
    begun = time.monotonic()
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for phase in _phases(deliveries):
            queues = _queues(phase)
            await asyncio.gather(*(_run(queue, session, target, pace, summary, on_done) for queue in queues))
    summary.seconds = time.monotonic() - begun
    return summary


class _Pace:
    """Spreads sends evenly over time."""

    def __init__(self, rate: float | None) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._next = time.monotonic()

    async def wait(self) -> None:
        """Until the next send is due."""
        at = max(self._next, time.monotonic())
        self._next = at + self._interval
        if self._interval:
            await asyncio.sleep(at - time.monotonic())


def _phases(deliveries: Sequence[UnsignedDelivery]) -> Iterator[list[tuple[str, UnsignedDelivery]]]:
    """Runs between the `ended` deliveries, each of which is a run of its own; with the subject of each delivery."""
    phase: list[tuple[str, UnsignedDelivery]] = []
    for delivery in deliveries:
        event = orjson.loads(delivery.body)
        if event["event"].endswith(".ended"):
            yield phase
            yield [("", delivery)]
            phase = []
        else:
            content = event["payload"]["object"]
            who = content.get("participant") or content.get("registrant") or {}
            phase.append((who.get("participant_uuid") or who.get("id") or "", delivery))
    yield phase


def _queues(phase: list[tuple[str, UnsignedDelivery]]) -> list[list[UnsignedDelivery]]:
    queues: list[list[UnsignedDelivery]] = [[] for _ in range(_QUEUES)]
    for subject, delivery in phase:
        queues[crc32(subject.encode()) % _QUEUES].append(delivery)
    return [queue for queue in queues if queue]


async def _run(
    queue: list[UnsignedDelivery],
    session: aiohttp.ClientSession,
    target: Target,
    pace: _Pace,
    summary: Summary,
    on_done: Callable[[bool], None],
) -> None:
    for delivery in queue:
        if target.max_failures is not None and len(summary.failed) >= target.max_failures:
            return
        accepted = await _deliver(delivery, session, target, pace, summary)
        summary.accepted += accepted
        if not accepted:
            summary.failed.append(delivery.request_id)
        on_done(accepted)


async def _deliver(
    delivery: UnsignedDelivery, session: aiohttp.ClientSession, target: Target, pace: _Pace, summary: Summary
) -> bool:
    for ratio in (*_RETRY_RATIO, None):
        await pace.wait()
        answer = await _attempt(delivery, session, target)
        summary.answers[answer] += 1
        if answer in ("200", "204"):
            return True
        if ratio is None or (answer.isdecimal() and int(answer) < 500):
            return False
        summary.retries += 1
        await asyncio.sleep(ratio * target.retry_seconds)
    return False


async def _attempt(delivery: UnsignedDelivery, session: aiohttp.ClientSession, target: Target) -> str:
    """The status as text, or the name of the network error. A repeat is signed anew, with a fresh timestamp."""
    timestamp = str(int(time.time()))
    headers = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Zoom Marketplace/1.0a",
        "x-zm-request-timestamp": timestamp,
        "x-zm-request-id": delivery.request_id,
        "x-zm-signature": sign(target.secret, timestamp, delivery.body),
    }
    try:
        async with session.post(target.url, data=delivery.body, headers=headers) as response:
            await response.read()
            return str(response.status)
    except (aiohttp.ClientError, TimeoutError) as error:
        return type(error).__name__
