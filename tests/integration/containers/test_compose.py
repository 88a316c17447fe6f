"""`docker compose --profile sandbox up`: healthy, true, and true again after everything was killed in turn."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ops.simulate import load_zoom
from sandbox.simulator import World
from sandbox.simulator.sender import Target, send
from sandbox.truth.comparison import Mismatch, compare
from tests.support.compose import Compose, project
from tests.support.docker_engine import ROOT, docker
from tests.support.installation import truth_about, webinar
from tests.support.processes import eventually

pytestmark = pytest.mark.containers

SERVICES = ("kafka", "ingress", "worker", "zoom", "brevo")
WORKER_ADMIN_PORT = 8082


@pytest.fixture
def compose(image: str) -> Iterator[Compose]:
    """Everything but the simulator, healthy."""
    with project() as compose:
        compose("up", "--no-build", "--detach", "--wait", "--wait-timeout", "170", *SERVICES, timeout_seconds=180)
        yield compose


def figure(compose: Compose, container: str, name: str, label: str) -> float:
    """A metric of a worker; 0 when it has no such sample."""
    found = re.search(
        rf"^{name}\{{[^}}]*{label}[^}}]*\}} (\S+)$", compose.metrics(container, WORKER_ADMIN_PORT), re.MULTILINE
    )
    return float(found[1]) if found else 0.0


async def deliver(compose: Compose, world: World, accepted: list[bool]) -> None:
    """Send a world as Zoom does, at a pace that leaves time to break things."""
    secret = (ROOT / "deploy" / "sandbox" / "secrets" / "zoom_webhook_secret").read_text().strip()
    url = f"{compose.url('ingress', 8080)}/webhooks/zoom"
    sent = await send(world.deliveries, Target(url, secret, rate=25, retry_seconds=4), accepted.append)
    assert sent.failed == [], sent.answers


async def kill_and_restart(compose: Compose, service: str) -> None:
    """SIGKILL, then what an operator does; a killed container is not started again by its policy."""
    await asyncio.to_thread(compose, "kill", service)
    await asyncio.to_thread(compose, "start", service)


async def differences_once_quiet(compose: Compose, *worlds: World) -> list[Mismatch]:
    """What differs from the truth once Brevo is equal, or has not changed for 15 s."""
    truth = await truth_about(*worlds)
    url, clock = compose.url("brevo", 9002), asyncio.get_running_loop().time
    before: Any = None
    since = clock()
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{url}/_sandbox/state") as answer:
                held = await answer.json()
            state = (held["contacts"], held["events"])
            before, since = (before, since) if state == before else (state, clock())
            differences = compare(truth, held)
            if clock() - since > (15 if differences else 3):
                return differences
            await asyncio.sleep(0.3)


@pytest.mark.containers_quick
def test_compose_demo_tells_the_truth_and_a_second_run_what_to_do(compose: Compose) -> None:
    """The simulator's container prints what `rollcall demo` prints; a second webinar needs an empty Brevo."""
    told = json.loads(compose("run", "--rm", "--no-TTY", "simulator", "--seed", "7", "--json"))
    assert (told["summary"], told["differences"]) == ("50 contacts, 50 equal to the truth, 0 different", [])
    with pytest.raises(AssertionError, match="down --volumes"):
        compose("run", "--rm", "--no-TTY", "simulator")


async def test_compose_everything_killed_in_turn_under_load_and_two_workers_end_true(compose: Compose) -> None:
    """SIGKILL of worker, ingress and Kafka while deliveries come; then two workers, of which one is killed."""
    worlds = [webinar(60, seed=41), webinar(40, seed=42)]
    for world in worlds:
        await load_zoom(world, compose.url("zoom", 9001))
    accepted: list[bool] = []
    sending = asyncio.create_task(deliver(compose, worlds[0], accepted))
    for part, service in enumerate(("worker", "ingress", "kafka"), start=1):

        async def enough(wanted: int = part * len(worlds[0].deliveries) // 5) -> bool:
            assert not sending.done(), "the kills come under load"
            return len(accepted) > wanted

        await eventually(enough, timeout_seconds=60, what=f"deliveries before the kill of {service}")
        await kill_and_restart(compose, service)
    await sending
    (first,) = compose.containers("worker")
    assert await unexplained(compose, worlds[:1], first) == []

    compose("up", "--no-build", "--detach", "--no-recreate", "--wait", "--scale", "worker=2", *SERVICES)
    first, second = compose.containers("worker")

    await until_owned(compose, {first: 3, second: 3})
    sending = asyncio.create_task(deliver(compose, worlds[1], accepted))
    await asyncio.to_thread(docker, "kill", first)
    await until_owned(compose, {second: 6})
    await sending
    assert await unexplained(compose, worlds, second) == []


async def until_owned(compose: Compose, wanted: dict[str, int]) -> None:
    """Wait until these workers have so many partitions of the live commands."""

    async def as_wanted() -> bool:
        owned = {worker: figure(compose, worker, "rollcall_worker_partitions", "sync-contact") for worker in wanted}
        return owned == wanted

    await eventually(as_wanted, timeout_seconds=60, what=f"{wanted}", tell=compose.last_words)


async def unexplained(compose: Compose, worlds: list[World], worker: str) -> list[Mismatch]:
    """Differences but for events that a killed worker left in doubt, which the worker after it lists."""
    differences = await differences_once_quiet(compose, *worlds)
    doubtful = int(figure(compose, worker, "rollcall_brevo_results_total", 'outcome="in_doubt"'))
    missing = [
        difference
        for difference in differences
        if difference.field.startswith("event ") and difference.actual == "missing"
    ]
    return differences if len(missing) != len(differences) or len(missing) > doubtful else []


@pytest.mark.containers_quick
@pytest.mark.parametrize("own", [None, "own-kafka.yaml", "own-kafka-certificates.yaml"])
def test_compose_files_are_valid_and_drop_every_right(own: str | None, tmp_path: Path) -> None:
    """No service runs with a capability or may gain one; with an own Kafka ours is not started."""
    files = ("docker-compose.yml", *([f"deploy/{own}"] if own else []))
    (tmp_path / ".env").write_text("KAFKA_BOOTSTRAP_SERVERS=broker.example:9093\n")
    options = [word for file in files for word in ("--file", str(ROOT / file))]
    done = docker("compose", "--env-file", str(tmp_path / ".env"), *options, "config", "--format", "json")
    assert done.returncode == 0, done.stderr
    services = json.loads(done.stdout)["services"]
    assert set(services) == {"ingress", "worker", *(["kafka"] if len(files) == 1 else [])}
    for name, service in services.items():
        assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"]), name
        assert not any("SECRET" in key or "KEY" in key for key in service["environment"] if not key.endswith("FILE"))
    assert services["worker"]["read_only"]
    assert services["ingress"]["read_only"]
