"""Two accounts in one installation, with a secret each: what one signs about the other's webinar reaches nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import orjson
import yaml

from sandbox.truth.comparison import compare
from schemas.topics import ATTENDANCE_RESULTS, RAW_EVENTS
from tests.support.broker import Broker
from tests.support.ingress import as_zoom_writes, example, example_files, signed_headers
from tests.support.installation import Installation, installation, truth_about, webinar
from tests.support.kafka import read_to_end

STRANGER, SECRET = "another-account", b"the-other-accounts-secret"


def add_account(home: Installation) -> None:
    """The second account, with a secret of its own and credentials that Zoom's sandbox does not know."""
    file = home.directory / "rollcall.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    first = document["connectors"]["zoom"]
    second = {**first, "account_id": STRANGER, "webhook": {"secret_token": SECRET.decode()}}
    document["connectors"]["zoom"] = [first, second]
    file.write_text(yaml.safe_dump(document), encoding="utf-8")


async def test_one_account_cannot_change_what_brevo_knows_of_the_others_webinar(
    own_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Every event type about the other's webinar and people, before its first event and after its end."""
    world = webinar(15, seed=61)
    truth = await truth_about(world)
    objects = [orjson.loads(delivery.body)["payload"]["object"] for delivery in world.deliveries]
    victims = [each["registrant"] for each in objects if "registrant" in each]
    names = [
        sample.stem
        for sample in example_files()
        if example(sample.stem)["event"].startswith(("webinar.", "recording."))
    ]
    async with installation(own_kafka.bootstrap, topic_prefix, tmp_path) as home, aiohttp.ClientSession() as session:
        add_account(home)
        await home.enlist(world)
        ingress, worker = home.start_ingress(), home.start_worker()
        await asyncio.gather(ingress.until_ready(), worker.until_ready())

        async def forge(name: str, victim: dict[str, str]) -> None:
            event = example(name)
            event["payload"]["account_id"] = STRANGER
            item = event["payload"]["object"]
            item |= {"id": world.event.object_id, "uuid": world.event.spans[0].uuid}
            for person in {"registrant", "participant"} & item.keys():
                item[person] |= {"id": victim["id"], "registrant_id": victim["id"], "email": victim["email"]}
            body = as_zoom_writes(event)
            url = f"http://127.0.0.1:{home.port}/webhooks/zoom"
            async with session.post(url, data=body, headers=signed_headers(body, secret=SECRET)) as answer:
                assert answer.status == 200

        await forge(names[0], victims[0])
        await home.send(world)
        for victim in victims[:3]:
            for name in names:
                await forge(name, victim)
        await home.until_true(truth)
        await home.until_idle(worker)
        assert compare(truth, home.held()) == []
        for topic in (ATTENDANCE_RESULTS, RAW_EVENTS.dead_letter):
            told = await read_to_end(home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"], home.physical(topic))
            assert [message for message in told if STRANGER.encode() in (message.value or b"")] == []
        assert (await ingress.stop(), await worker.stop()) == (0, 0)
