"""Two accounts in one installation, with a secret each: what one signs about the other's webinar reaches nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp

from sandbox.truth.comparison import compare
from schemas.topics import ATTENDANCE_RESULTS, RAW_EVENTS
from tests.support.ingress import signed_headers
from tests.support.installation import installation, truth_about, webinar
from tests.support.kafka import read_to_end
from tests.support.strangers import NAMES, SECRET, STRANGER, add_account, forged, registrants


async def test_one_account_cannot_change_what_brevo_knows_of_the_others_webinar(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Every event type about the other's webinar and people, before its first event and after its end."""
    world = webinar(15, seed=61)
    truth = await truth_about(world)
    victims = registrants(world)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home, aiohttp.ClientSession() as session:
        add_account(home)
        await home.enlist(world)
        ingress, worker = home.start_ingress(), home.start_worker()
        await asyncio.gather(ingress.until_ready(), worker.until_ready())

        async def forge(name: str, victim: dict[str, str]) -> None:
            body = forged(name, world, victim)
            url = f"http://127.0.0.1:{home.port}/webhooks/zoom"
            async with session.post(url, data=body, headers=signed_headers(body, secret=SECRET)) as answer:
                assert answer.status == 200

        await forge(NAMES[0], victims[0])
        await home.send(world)
        for victim in victims[:3]:
            for name in NAMES:
                await forge(name, victim)
        await home.until_true(truth)
        await home.until_idle(worker)
        assert compare(truth, home.held()) == []
        for topic in (ATTENDANCE_RESULTS, RAW_EVENTS.dead_letter):
            told = await read_to_end(home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"], home.physical(topic))
            assert [message for message in told if STRANGER.encode() in (message.value or b"")] == []
        assert (await ingress.stop(), await worker.stop()) == (0, 0)
