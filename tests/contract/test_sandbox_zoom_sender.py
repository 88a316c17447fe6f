"""The sender of simulated deliveries behaves as Zoom does towards an ingress."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from sandbox.simulator import Chaos, World, simulate_webinar
from sandbox.simulator.sender import Target, send, sign

SECRET = "receiver-secret"
VECTORS = Path(__file__).parents[2] / "schemas/examples/zoom.signatures/vectors.json"


@dataclass
class Receiver:
    """An ingress that verifies, records, and answers what a test wants."""

    answer: Callable[[str, int], int] = lambda _request_id, _attempt: 200
    received: list[tuple[str, bytes]] = field(default_factory=list)
    attempts: Counter[str] = field(default_factory=Counter)

    async def handle(self, request: web.Request) -> web.Response:
        """Takes one delivery."""
        body = await request.read()
        timestamp = request.headers["x-zm-request-timestamp"]
        if request.headers["x-zm-signature"] != sign(SECRET, timestamp, body):
            return web.Response(status=401)
        request_id = request.headers["x-zm-request-id"]
        self.attempts[request_id] += 1
        status = self.answer(request_id, self.attempts[request_id])
        if status == 200:
            self.received.append((request_id, body))
        return web.Response(status=status)


@pytest.fixture
async def receiver() -> Receiver:
    """One that accepts everything."""
    return Receiver()


@pytest.fixture
async def url(receiver: Receiver) -> AsyncIterator[str]:
    """Where it listens."""
    app = web.Application()
    app.router.add_post("/webhooks/zoom", receiver.handle)
    async with TestServer(app) as server:
        yield str(server.make_url("/webhooks/zoom"))


def world(*chaos: Chaos) -> World:
    """A small webinar."""
    return simulate_webinar(20, 7, frozenset(chaos), starts_at=1_787_155_200)


def test_signature_equals_the_vectors() -> None:
    """Over the raw bytes, whatever they are."""
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    for vector in vectors["vectors"]:
        assert sign(vectors["secret"], vector["timestamp"], vector["raw_body"].encode()) == vector["signature"]


async def test_every_delivery_arrives_signed_and_unchanged(receiver: Receiver, url: str) -> None:
    """Bodies and request ids as the world says, doubles included."""
    deliveries = world("dup", "late").deliveries
    summary = await send(deliveries, Target(url, SECRET))
    assert (summary.accepted, summary.failed) == (len(deliveries), [])
    assert Counter(receiver.received) == Counter((delivery.request_id, delivery.body) for delivery in deliveries)


async def test_order_is_kept_per_connection_and_around_the_end(receiver: Receiver, url: str) -> None:
    """What comes before `ended` in the world comes before it on the wire, and one connection stays in order."""

    def split(bodies: list[bytes]) -> tuple[set[bytes], set[bytes], dict[str, list[bytes]]]:
        ended = next(n for n, body in enumerate(bodies) if b'"webinar.ended"' in body)
        connections: dict[str, list[bytes]] = {}
        for body in bodies:
            who = orjson.loads(body)["payload"]["object"].get("participant")
            if who:
                connections.setdefault(who["participant_uuid"], []).append(body)
        return set(bodies[:ended]), set(bodies[ended:]), connections

    deliveries = world("dup", "late").deliveries
    await send(deliveries, Target(url, SECRET))
    assert split([body for _, body in receiver.received]) == split([delivery.body for delivery in deliveries])


async def test_503_is_repeated_until_accepted(receiver: Receiver, url: str) -> None:
    """As Zoom repeats: same id and body, at most three times."""
    deliveries = world().deliveries[:5]
    receiver.answer = lambda _, attempt: 503 if attempt < 4 else 200
    summary = await send(deliveries, Target(url, SECRET, retry_seconds=0))
    assert (summary.accepted, summary.retries) == (5, 15)
    assert summary.answers == {"503": 15, "200": 5}


async def test_delivery_is_given_up_after_three_repeats_and_named(receiver: Receiver, url: str) -> None:
    """Zoom sends nothing more after that."""
    deliveries = world().deliveries[:3]
    receiver.answer = lambda _request_id, _attempt: 503
    summary = await send(deliveries, Target(url, SECRET, retry_seconds=0))
    assert summary.accepted == 0
    assert sorted(summary.failed) == sorted(delivery.request_id for delivery in deliveries)
    assert set(receiver.attempts.values()) == {4}


async def test_401_is_never_repeated(receiver: Receiver, url: str) -> None:
    """Zoom repeats only what the server could not answer."""
    summary = await send(world().deliveries[:3], Target(url, "another-secret", retry_seconds=0))
    assert summary.answers == {"401": 3}
    assert len(summary.failed) == 3


async def test_refused_connection_counts_by_its_error() -> None:
    """Nobody listens: repeated, then given up."""
    target = Target(f"http://127.0.0.1:{unused_port()}/webhooks/zoom", SECRET, retry_seconds=0)
    summary = await send(world().deliveries[:1], target)
    assert summary.answers == {"ClientConnectorError": 4}


async def test_sending_stops_after_as_many_failures_as_allowed(receiver: Receiver, url: str) -> None:
    """A receiver that is broken for good does not cost the repeats of every delivery."""
    deliveries = world().deliveries
    receiver.answer = lambda _request_id, _attempt: 400
    summary = await send(deliveries, Target(url, SECRET, max_failures=1))
    assert 1 <= len(summary.failed) < len(deliveries) / 2
