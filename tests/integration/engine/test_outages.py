"""A broker that dies or stays away under load: the worker waits, says so, and goes on without loss."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.broker import Broker
from tests.support.engine import Lab, laboratory


@pytest.fixture
async def fragile_lab(own_kafka: Broker, topic_prefix: str, tmp_path: Path) -> AsyncIterator[Lab]:
    """A lab on a broker of its own."""
    with laboratory(own_kafka.bootstrap, topic_prefix, tmp_path) as lab:
        yield lab


async def test_worker_broker_killed_under_load_goes_on(fragile_lab: Lab, own_kafka: Broker) -> None:
    """`kill -9` of the broker and a restart: the same worker finishes the backlog."""
    lab = fragile_lab
    await lab.create_topics()
    await lab.produce(6_000)
    worker = lab.worker(slow_seconds=0.0003, max_records=100)
    await lab.until_outputs(worker, 500)
    await asyncio.to_thread(own_kafka.kill)
    await asyncio.to_thread(own_kafka.start)
    await lab.until_acknowledged(worker, timeout_seconds=90)
    assert worker.process.terminate() == 0, worker.process.describe()
    await lab.verify(worker)


@pytest.mark.torture
@pytest.mark.parametrize("session_seconds", [2, 10])
async def test_worker_broker_away_longer_than_the_session_waits_unready_and_goes_on(
    fragile_lab: Lab, own_kafka: Broker, session_seconds: int
) -> None:
    """Readiness says that Kafka takes nothing; the worker does not exit, and handles the rest when Kafka is back."""
    lab = fragile_lab
    await lab.create_topics()
    await lab.produce(10_000)
    worker = lab.worker(slow_seconds=0.0002, max_records=100, session_seconds=session_seconds)
    await lab.until_outputs(worker, 500)
    await asyncio.to_thread(own_kafka.kill)
    await worker.process.until_http(worker.readiness_url, status=503, timeout_seconds=40)
    await asyncio.sleep(session_seconds + 5)  # the outage itself: longer than the session
    assert worker.process.exit_code is None, worker.process.describe()
    await asyncio.to_thread(own_kafka.start)
    await worker.until_ready(timeout_seconds=60)
    await lab.until_acknowledged(worker, timeout_seconds=90)
    assert worker.process.terminate() == 0, worker.process.describe()
    await lab.verify(worker)
