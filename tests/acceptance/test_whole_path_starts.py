"""Starts of the worker that cannot work: exit 2 and what to set; and one that has to wait."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sandbox.kafka import EmbeddedKafka, free_port
from schemas.topics import BREVO_COMMANDS, RAW_EVENTS
from tests.support.installation import API_KEY, PARTITIONS, installation
from tests.support.kafka import create_topics
from tests.support.processes import Process

NO_BROKER = "127.0.0.1:1"


async def refused(process: Process) -> str:
    """What a process says that ends with 2."""
    assert await asyncio.to_thread(process.wait) == 2, process.describe()
    said = process.output()
    assert "Traceback" not in said
    assert API_KEY not in said
    return said


async def test_worker_second_one_with_the_same_folder_or_port_is_2(tmp_path: Path) -> None:
    """Each says the variable that keeps two workers on one host apart; the first one goes on."""
    async with installation(NO_BROKER, "", tmp_path) as home:
        first = home.start_worker("first")
        await first.process.until_http(f"{first.admin_url}/health/live")
        taken = {"ROLLCALL_DATA_DIR": str(tmp_path / "first")}
        same_folder = home.start_worker("folder", taken)
        same_port = home.start_worker("port", {"ADMIN_PORT": first.admin_url.rpartition(":")[2]})
        assert "its own ROLLCALL_DATA_DIR" in await refused(same_folder.process)
        assert "set ADMIN_PORT to a free port" in await refused(same_port.process)
        assert first.process.exit_code is None
        assert await first.stop() == 0, "waiting for Kafka holds up a stop"


@pytest.mark.parametrize(
    "variables", [("KAFKA_BOOTSTRAP_SERVERS",), ("BREVO_API_KEY", "ZOOM_CLIENT_SECRET", "ZOOM_ACCOUNT_ID")]
)
async def test_worker_missing_variables_is_2_and_names_them(tmp_path: Path, variables: tuple[str, ...]) -> None:
    """All of them at once, before anything starts."""
    async with installation(NO_BROKER, "", tmp_path) as home:
        said = await refused(home.start_worker(unset=variables).process)
        assert [name for name in variables if name not in said] == []


async def test_worker_starts_without_the_webhook_secret(tmp_path: Path) -> None:
    """It never verifies a delivery, so it must not be given what it needs for that."""
    async with installation(NO_BROKER, "", tmp_path) as home:
        worker = home.start_worker()
        assert "ZOOM_WEBHOOK_SECRET" not in home.wiring.worker()
        await worker.process.until_http(f"{worker.admin_url}/health/live")


async def test_worker_topics_with_other_partitions_is_2_and_names_them(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """All that are wrong are told at once, and how to get out of it."""
    wrong = [topic.physical(topic_prefix) for topic in (RAW_EVENTS, BREVO_COMMANDS)]
    await create_topics(kafka_bootstrap, wrong, partitions=PARTITIONS + 1)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        said = await refused(home.start_worker().process)
        assert [
            name for name in wrong if f"{name} has {PARTITIONS + 1} partitions, wanted are {PARTITIONS}" not in said
        ] == []
        assert "kafka.partitions" in said


async def test_worker_kafka_away_at_start_and_later_waits_unready(topic_prefix: str, tmp_path: Path) -> None:
    """Alive and unready until there is a broker; then it creates its topics; with nothing to do it still tells."""
    kafka = EmbeddedKafka(port=free_port())
    try:
        async with installation(kafka.bootstrap, topic_prefix, tmp_path) as home:
            worker = home.start_worker()
            await worker.until_unready()
            await worker.process.until_http(f"{worker.admin_url}/health/live")
            assert "Kafka" in await worker.reasons()
            await asyncio.to_thread(kafka.start)
            await worker.until_ready()
            await asyncio.to_thread(kafka.kill)
            await worker.until_unready()
            assert "Kafka does not answer" in await worker.reasons()
            await asyncio.to_thread(kafka.start)
            await worker.until_ready()
            assert await worker.stop() == 0, worker.process.describe()
    finally:
        kafka.close()
