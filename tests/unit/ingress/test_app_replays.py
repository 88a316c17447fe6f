"""The same request again: answered as before, published once."""

from __future__ import annotations

import asyncio
import time

from schemas.topics import QUARANTINE, RAW_EVENTS
from tests.support.ingress import MemoryPublisher, as_zoom_writes, example, signed_headers
from tests.support.webhook_endpoint import serving

STARTED = as_zoom_writes(example("meeting.started__plain"))


async def test_replay_of_a_fresh_delivery_is_answered_as_before_and_published_once() -> None:
    """Zoom signs its retries anew; the same signature is a proxy's repetition or a captured request."""
    async with serving() as server:
        headers = signed_headers(STARTED)
        for _ in range(50):
            assert await server.post(STARTED, headers) == (200, b'{"status":"accepted"}')
        assert len(server.publisher.values(RAW_EVENTS.name)) == 1
        assert (server.counted("accepted"), server.counted("replayed")) == (1, 49)
        assert (await server.post(STARTED, signed_headers(STARTED, at=time.time() - 60)))[0] == 200
        assert len(server.publisher.values(RAW_EVENTS.name)) == 2


async def test_replay_of_a_stale_delivery_is_quarantined_once() -> None:
    """One captured delivery once filled quarantine at 1,900 records a second."""
    async with serving() as server:
        headers = signed_headers(STARTED, at=1)
        for _ in range(50):
            assert await server.post(STARTED, headers) == (200, b'{"status":"quarantined"}')
        assert len(server.publisher.values(QUARANTINE.name)) == 1
        assert server.counted("replayed") == 49


async def test_replay_while_the_first_one_waits_for_kafka_waits_too() -> None:
    """200 is said to nobody before Kafka has it."""
    gate = asyncio.Event()
    async with serving(publisher=MemoryPublisher(gate=gate)) as server:
        headers = signed_headers(STARTED)
        posts = [asyncio.create_task(server.post(STARTED, headers)) for _ in range(5)]
        await asyncio.sleep(0.1)
        assert not any(post.done() for post in posts)
        gate.set()
        assert await asyncio.gather(*posts) == [(200, b'{"status":"accepted"}')] * 5
        assert len(server.publisher.values(RAW_EVENTS.name)) == 1


async def test_replay_of_what_kafka_did_not_take_is_published() -> None:
    """Only what is stored is remembered."""
    publisher = MemoryPublisher(refusal="failed")
    async with serving(publisher=publisher) as server:
        headers = signed_headers(STARTED)
        assert (await server.post(STARTED, headers))[0] == 503
        publisher.refusal = None
        assert (await server.post(STARTED, headers))[0] == 200
        assert len(server.publisher.values(RAW_EVENTS.name)) == 1
