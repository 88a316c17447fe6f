"""Tells every few seconds on `ops.workers.v1` how this worker is: also while it is halted or waits for its partitions.

It has a producer of its own, so that nothing of it stands in the way of records.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from prometheus_client import CollectorRegistry

from processors.worker.status import Condition, Sample, Usage, WorkerIdentity, totals, worker_status
from runtime.kafka import KafkaConnection
from schemas.cloud_events import event_headers, tombstone_headers
from schemas.errors import ConfigurationError
from schemas.topics import WORKERS
from schemas.workers import WorkerStatus

REPORT_SECONDS = 5.0
_REQUEST_MS = 5_000
_GOODBYE_SECONDS = 2.0
_AWAY = (KafkaError, OSError, TimeoutError, ConfigurationError)

log = logging.getLogger(__name__)


def worker_id(data_dir: Path) -> str:
    """Of the machine and the folder, which no other worker of it has: the same after a restart."""
    return f"{socket.gethostname()}.{hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:8]}"


@asynccontextmanager
async def reporting(
    kafka: KafkaConnection, identity: WorkerIdentity, condition: Callable[[], Condition], registry: CollectorRegistry
) -> AsyncIterator[None]:
    """Report while the block runs; at its end say that the worker is gone. Kafka may be away: then nobody is told."""
    task = asyncio.create_task(_report(kafka, identity, condition, registry), name="report")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _report(
    kafka: KafkaConnection, identity: WorkerIdentity, condition: Callable[[], Condition], registry: CollectorRegistry
) -> None:
    usage, topic = Usage(), WORKERS.physical(kafka.topic_prefix)
    while True:
        try:
            if await _is_there(kafka, topic):
                await _report_to(kafka, topic, identity, lambda: _status(identity, condition(), registry, usage))
        except _AWAY:
            pass  # then nobody is told
        except Exception:  # nobody waits for this task: its end would be noticed by nobody
            log.exception("status not told")
        await asyncio.sleep(REPORT_SECONDS)


async def _report_to(
    kafka: KafkaConnection, topic: str, identity: WorkerIdentity, status: Callable[[], WorkerStatus]
) -> None:
    producer = AIOKafkaProducer(**kafka.client_options(), acks="all", request_timeout_ms=_REQUEST_MS)
    try:
        await producer.start()
        await _report_through(producer, topic, identity.worker_id.encode(), status)
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await producer.stop()


async def _report_through(
    producer: AIOKafkaProducer, topic: str, key: bytes, status: Callable[[], WorkerStatus]
) -> None:
    try:
        while True:
            message = status()
            value = message.to_bytes()
            headers = list(event_headers(WORKERS.name, key, message, value))
            await producer.send_and_wait(topic, value, key=key, headers=headers)
            await asyncio.sleep(REPORT_SECONDS)
    except asyncio.CancelledError:
        headers = list(tombstone_headers(WORKERS.name, key, WorkerStatus))
        with suppress(*_AWAY):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await producer.send_and_wait(topic, None, key=key, headers=headers)
        raise


async def _is_there(kafka: KafkaConnection, topic: str) -> bool:
    """Whether the topic was created; all are asked for, since naming a missing one may create it."""
    admin = AIOKafkaAdminClient(**kafka.client_options(), request_timeout_ms=_REQUEST_MS)
    try:
        await admin.start()
        return topic in await admin.list_topics()
    finally:
        await admin.close()


def _status(identity: WorkerIdentity, now: Condition, registry: CollectorRegistry, usage: Usage) -> WorkerStatus:
    samples = list(_samples(registry))
    usage.note(time.monotonic(), totals(samples))
    return worker_status(identity, now, samples, usage)


def _samples(registry: CollectorRegistry) -> Iterator[Sample]:
    for metric in registry.collect():
        for sample in metric.samples:
            yield Sample(sample.name, sample.labels, sample.value)


def now() -> datetime:
    """Aware, UTC, to the millisecond."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
