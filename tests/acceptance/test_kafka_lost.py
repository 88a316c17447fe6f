"""Kafka comes back older, empty, or is another: ingress and worker say so in a sentence, and end with 2."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from runtime.exits import USAGE
from sandbox.kafka import EmbeddedKafka
from schemas.topics import RAW_EVENTS
from tests.support.installation import Installation, installation, webinar
from tests.support.kafka import end_offsets
from tests.support.processes import eventually
from tests.support.service import Service

OTHER = "cluster.id=AnotherClusterOfSomeone"


async def ends_saying(home: Installation, service: Service, name: str, *words: str) -> None:
    """It ends by itself with 2, and its last line says these words and what to do; no line is a traceback."""

    async def ended() -> bool:
        return service.process.exit_code is not None

    await eventually(ended, timeout_seconds=90, what=f"the {name} ends", tell=home.last_words)
    home.let_go(service)
    log = (home.directory / f"{name}.log").read_text(errors="replace")
    assert service.process.exit_code == USAGE, log[-5_000:]
    assert "Traceback" not in log
    (said,) = [line for line in log.splitlines() if line.startswith("error: ")]
    assert all(word in said for word in (*words, "check KAFKA_BOOTSTRAP_SERVERS", "docs/how-to/kafka-lost.md")), said
    (home.directory / f"{name}.log").unlink()


async def brought_back(kafka: EmbeddedKafka, change: Callable[[Path], None]) -> None:
    """End the broker, do something to its data, and start it again."""
    await asyncio.to_thread(kafka.stop)
    await asyncio.to_thread(change, kafka.directory / "data")
    await asyncio.to_thread(kafka.start)


def copied(source: Path, target: Path) -> None:
    """In place of what is there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def is_anothers(data: Path) -> None:
    """As an administrator's mistake does it: the address leads to another cluster."""
    properties = data / "meta.properties"
    lines = [OTHER if line.startswith("cluster.id") else line for line in properties.read_text().splitlines()]
    properties.write_text("\n".join(lines) + "\n")


async def test_older_empty_and_foreign_kafka_is_told_by_both_processes_and_nothing_is_mixed(tmp_path: Path) -> None:
    """While they run and at the start; without its tables a worker begins anew with what Kafka has."""
    with EmbeddedKafka() as kafka:
        async with installation(kafka.bootstrap, "lost-", tmp_path) as home:
            ingress, worker = home.start_ingress(), home.start_worker()
            await asyncio.gather(ingress.until_ready(), worker.until_ready())
            await brought_back(kafka, lambda data: copied(data, tmp_path / "older"))
            await asyncio.gather(ingress.until_ready(), worker.until_ready())
            await home.send(webinar(4, 2))
            await home.until_idle(worker)

            await brought_back(kafka, lambda data: copied(tmp_path / "older", data))
            await ends_saying(home, ingress, "ingress", "has lost records")
            await ends_saying(home, worker, "worker", "has lost records", f"move {tmp_path / 'worker'} away")
            await ends_saying(home, home.start_worker(), "worker", "has lost records")

            ingress = home.start_ingress()
            await ingress.until_ready()
            await home.send(webinar(4, 2))
            await brought_back(kafka, shutil.rmtree)
            await ends_saying(home, ingress, "ingress", "has come back empty")
            await ends_saying(home, home.start_worker(), "worker", "has lost records")
            ingress = home.start_ingress()
            await asyncio.to_thread((tmp_path / "worker").rename, tmp_path / "away")
            worker = home.start_worker()
            await asyncio.gather(ingress.until_ready(), worker.until_ready())
            await home.send(webinar(4, 2))
            assert sum((await end_offsets(kafka.bootstrap, home.physical(RAW_EVENTS))).values())
            await home.until_idle(worker)

            await brought_back(kafka, is_anothers)
            await ends_saying(home, ingress, "ingress", "is another cluster")
            await ends_saying(home, worker, "worker", "is another cluster")
            await ends_saying(home, home.start_worker(), "worker", "is another cluster")
