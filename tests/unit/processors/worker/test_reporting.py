"""A worker goes on telling how it is, whatever comes in between."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import NoReturn

import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client import CollectorRegistry
from typing_extensions import override

from processors.worker import reporting
from processors.worker.status import Condition, WorkerIdentity
from runtime.kafka import KafkaConnection
from sandbox.kafka import free_port

IDENTITY = WorkerIdentity("host.1", "1.0.0", datetime(2026, 8, 12, tzinfo=UTC), 100.0)


async def test_report_that_fails_by_a_fault_of_ours_is_tried_again_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Otherwise the worker is gone for all others, and nothing says why."""
    tries, twice = 0, asyncio.Event()

    async def fails(_kafka: KafkaConnection, _topic: str) -> NoReturn:
        nonlocal tries
        tries += 1
        if tries == 2:
            twice.set()
        raise KeyError("unforeseen")

    monkeypatch.setattr(reporting, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(reporting, "_is_there", fails)
    condition = Condition(reporting.now(), True, (), ())
    async with reporting.reporting(KafkaConnection("localhost:9"), IDENTITY, lambda: condition, CollectorRegistry()):
        async with asyncio.timeout(30):
            await twice.wait()
    assert "status not told" in caplog.text


async def test_producer_that_finds_no_kafka_is_closed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A broker that dies between the question for the topic and the start; else the log tells of aiokafka's objects."""
    closed = asyncio.Event()

    class Unreachable(AIOKafkaProducer):  # type: ignore[misc]
        @override
        async def stop(self) -> None:
            await super().stop()
            closed.set()

    async def is_there(_kafka: KafkaConnection, _topic: str) -> bool:
        return True

    monkeypatch.setattr(reporting, "_is_there", is_there)
    monkeypatch.setattr(reporting, "AIOKafkaProducer", Unreachable)
    condition = Condition(reporting.now(), True, (), ())
    nobody = KafkaConnection(f"127.0.0.1:{free_port()}")
    async with reporting.reporting(nobody, IDENTITY, lambda: condition, CollectorRegistry()):
        async with asyncio.timeout(30):
            await closed.wait()
    assert "Unclosed" not in caplog.text
