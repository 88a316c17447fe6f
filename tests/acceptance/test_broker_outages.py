"""A broker that is killed, or stays away, while a webinar is on its way: everybody waits and comes back alone."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections import Counter
from pathlib import Path

from tests.support.broker import Broker
from tests.support.installation import SESSION_SECONDS, Installation, installation, truth_about, webinar
from tests.support.processes import eventually
from tests.support.service import Service


async def break_while_sending(home: Installation, kafka: Broker, accepted: list[bool], count: int) -> None:
    """`kill -9` of the broker once so many deliveries are accepted, and a start."""

    async def enough() -> bool:
        return len(accepted) > count

    await eventually(enough, what=f"{count} deliveries are accepted", tell=home.last_words)
    await asyncio.to_thread(kafka.kill)
    await asyncio.to_thread(kafka.start)


async def stay_away(home: Installation, kafka: Broker, *services: Service) -> None:
    """Take the broker away for longer than the worker's session lasts, and bring it back."""
    await asyncio.to_thread(kafka.kill)
    await asyncio.gather(*(service.until_unready() for service in services))
    await asyncio.sleep(SESSION_SECONDS + 2)  # the outage itself
    for service in services:
        assert service.process.exit_code is None, service.process.describe()
    await asyncio.to_thread(kafka.start)
    await asyncio.gather(*(service.until_ready() for service in services))


def check_story(worker: Service, ingress: Service) -> None:
    """Who reads the logs alone knows what happened, and hears nothing of frameworks; the worker's is JSON."""
    lines = [json.loads(line) for line in worker.process.output().splitlines()]
    assert {line["logger"].partition(".")[0] for line in lines} == {"processors"}
    events = Counter(line["event"] for line in lines)
    assert {name: events[name] for name in ("ready", "session final", "draining", "drained")} == dict.fromkeys(
        ("ready", "session final", "draining", "drained"), 1
    )
    assert events["session live"] <= 1
    assert events["kafka lost"] == events["kafka reached again"] in (1, 2)
    (final,) = (line for line in lines if line["event"] == "session final")
    batches = [line for line in lines if line["event"] == "brevo written"]
    assert final["registered"] > 150
    assert final["next"] == f"rollcall session {shlex.quote(final['session'])}"
    assert any(final["session"] in line.get("sessions", "") and line["contacts"] for line in batches)
    said = ingress.process.output()
    assert [said.count(f"event={name} ") for name in ("listening", "ready")] == [1, 1]
    assert said.count('event="kafka lost"') >= 1
    assert "logger=aiokafka" not in said


async def test_broker_killed_and_away_under_load_everything_ends_true(
    own_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Killed while deliveries come, and away past the session time-out while Brevo is written: nothing is lost."""
    world = webinar(200, seed=11)
    accepted: list[bool] = []
    async with installation(own_kafka.bootstrap, topic_prefix, tmp_path, settle_seconds=8) as home:
        await home.enlist(world)
        ingress, worker = home.start_ingress(), home.start_worker(environment={"ROLLCALL_LOG_FORMAT": "json"})
        await asyncio.gather(ingress.until_ready(), worker.until_ready())

        sending = asyncio.create_task(home.send(world, accepted.append))
        await break_while_sending(home, own_kafka, accepted, len(world.deliveries) // 4)
        await sending
        received = home.events()

        async def results_arrive() -> bool:
            return home.events() > received + 20

        await eventually(results_arrive, timeout_seconds=60, what="results reach Brevo", tell=home.last_words)
        await stay_away(home, own_kafka, ingress, worker)

        assert await home.until_true(await truth_about(world)) == []
        await home.check_nothing_lost(world)
        assert (await ingress.stop(), await worker.stop()) == (0, 0)
        check_story(worker, ingress)
