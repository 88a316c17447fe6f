"""A worker goes on telling how it is, whatever comes in between."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import NoReturn

import pytest
from prometheus_client import CollectorRegistry

from processors import reporting
from processors.status import Condition, WorkerIdentity
from runtime.kafka import KafkaConnection

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
