"""A run full of marked secrets: none is in a log, a figure or a record's header, whoever sent it and however."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import yaml

from sandbox.simulator import World
from sandbox.zoom.state import ZoomState
from schemas.topics import RAW_EVENTS, all_topics
from tests.support.ingress import as_zoom_writes, example, signed_headers
from tests.support.installation import API_KEY, Installation, installation, personal, truth_about, webinar
from tests.support.kafka import Message, produce, read_to_end, topics_of
from tests.support.service import Service

MARK = "Maya-Okafor-hunter2"
MALFORMED = (
    f"POST / HTTP/1.0\r\n\r\n{MARK}",
    f"{MARK}\r\n\r\n",
    f"GET /{MARK}\udcff HTTP/1.1\r\nhost: x\r\n\r\n",
    f"GET /?pwd={MARK} HTTP/1.1\r\nhost: x\r\nx: {MARK}\x01\r\n\r\n",
    f"POST /webhooks/zoom?tk={MARK} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{MARK}\r\n",
    f'POST /webhooks/zoom HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\n{{"user_name":"{MARK}',
)
"""No HTTP, a wrong URL, header or chunk, and a client that goes away."""


def talkative(home: Installation) -> None:
    """Let both processes log as much as they can."""
    file = home.directory / "rollcall.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    document["connectors"]["zoom"] |= {"debug": True, "log_webhooks": True}
    file.write_text(yaml.safe_dump(document), encoding="utf-8")


async def send_marked(home: Installation) -> None:
    """Signed, unsigned and malformed requests with the mark in the URL, in headers, and wherever a body has text."""
    event = example("meeting.participant_joined__host")
    event["payload"]["object"] |= {"topic": MARK, "password": MARK, "join_url": f"https://zoom.us/j/9?pwd={MARK}"}
    event["payload"]["object"]["participant"] |= {"user_name": MARK, "email": f"{MARK}@example.com", "phone": MARK}
    wrong = {
        **event,
        "event_ts": MARK,
        "payload": {**event["payload"], "object": {**event["payload"]["object"], "id": []}},
    }
    url, secret = f"http://127.0.0.1:{home.port}/webhooks/zoom", home.wiring.webhook_secret.encode()
    async with aiohttp.ClientSession() as session:
        for body in (as_zoom_writes(event), as_zoom_writes(wrong), as_zoom_writes({"event": "x.y", "payload": MARK})):
            marked = {"x-note": MARK, "authorization": f"Bearer {MARK}", "cookie": MARK}
            for headers in (signed_headers(body, secret=secret), signed_headers(body, secret=MARK.encode())):
                async with session.post(f"{url}?pwd={MARK}", data=body, headers=headers | marked) as answer:
                    assert MARK not in await answer.text()
    for request in MALFORMED:
        reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
        writer.write(request.encode(errors="surrogateescape"))
        if "900" not in request:
            assert MARK.encode() not in await asyncio.wait_for(reader.read(), 30)
        writer.transport.abort()
    raw = home.physical(RAW_EVENTS)
    texts = (
        MARK,
        f'{{"event": "{MARK}"',
        f'{{"event": "meeting.started", "payload": {{"object": {{"id": 1, "start_time": "{MARK}"}}}}}}',
    )
    await produce(home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"], raw, [Message(text.encode(), b"k") for text in texts])


async def disturb_zoom(home: Installation) -> None:
    """Some answers of Zoom are errors whose message is the mark; the questions come again."""
    async with aiohttp.ClientSession() as session:
        for endpoint, status in (("/oauth/token", 503), ("/report/*", 500), ("/past_webinars/*", 503), ("*", 429)):
            fault = {"endpoint": endpoint, "status": status, "message": f"{MARK} {MARK}@example.com"}
            async with session.post(f"{home.wiring.zoom_url}/_sandbox/faults", json=fault) as answer:
                assert answer.status < 300, await answer.text()


async def shown(home: Installation, *services: Service) -> dict[str, str]:
    """By place: all text that operators and other programs may see beside the records' values and keys."""
    found = {log.name: log.read_text(errors="replace") for log in home.directory.glob("*.log")}
    async with aiohttp.ClientSession() as session:
        for service in services:
            async with session.get(f"{service.admin_url}/metrics") as answer:
                found[f"figures of {service.process.log.name}"] = await answer.text()
    bootstrap, prefix = home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"], home.wiring.kafka["KAFKA_TOPIC_PREFIX"]
    there = await topics_of(bootstrap, prefix)
    for topic in all_topics():
        if home.physical(topic) in there:
            headers = [record.headers for record in await read_to_end(bootstrap, home.physical(topic))]
            found[f"headers on {topic.name}"] = repr(headers)
    return found


def secrets_of(home: Installation, world: World) -> set[str]:
    """What must not be seen: the mark, the keys, and each person's address and name."""
    keys = {API_KEY, home.wiring.webhook_secret, ZoomState().client_secret}
    return {MARK, *keys, *personal(world)}


async def test_no_secret_is_in_a_log_a_figure_or_a_header_after_a_run_full_of_them(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Bodies, headers, URLs and answers of Zoom are full of them; both processes log all they can."""
    world = webinar(8, seed=71)
    truth = await truth_about(world)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        talkative(home)
        await home.enlist(world)
        ingress, worker = home.start_ingress(), home.start_worker()
        await asyncio.gather(ingress.until_ready(), worker.until_ready())
        await disturb_zoom(home)
        await send_marked(home)
        await home.send(world)
        await home.until_true(truth)
        places = await shown(home, ingress, worker)
        wanted = secrets_of(home, world)
        seen = [(place, secret) for place, text in places.items() for secret in wanted if secret in text]
        assert seen == []
        assert {"ingress.log", "worker.log", "figures of worker.log", f"headers on {RAW_EVENTS.dead_letter.name}"} <= {
            *places
        }
        assert await worker.figure("rollcall_worker_dead_letters_total") >= 3, "what was marked has arrived"
        assert await ingress.figure("rollcall_ingress_deliveries_total", outcome="bad_header") >= 2
        assert (await ingress.stop(), await worker.stop()) == (0, 0)
