"""What a worker says of its end."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from processors.engine.faust_engine import Engine
from processors.engine.faust_worker import EngineWorker
from processors.engine.metrics import EngineMetrics
from processors.engine.naming import Names
from schemas.errors import ConfigurationError, FatalError


async def _overtaken() -> None:
    raise FatalError("another one owns its partitions")


async def _effect() -> None:
    async with asyncio.TaskGroup() as outer:
        await asyncio.sleep(0)
        async with asyncio.TaskGroup() as inner:
            inner.create_task(_overtaken())
        outer.create_task(asyncio.Event().wait())


async def _misconfigured() -> None:
    async with asyncio.TaskGroup():
        await asyncio.sleep(0)
        raise ConfigurationError("attribute PHASE does not exist")


def worker_of(app: Any) -> EngineWorker:
    """Without agents, and never started."""
    unused: Any = None
    return EngineWorker(Engine(app, unused, unused, EngineMetrics(CollectorRegistry()), Names(""), 1, "0.0.0"), [])


async def test_effect_that_finds_the_file_wrong_ends_the_worker_as_at_its_start() -> None:
    """A person has to change it: exit code 2, and the sentence alone."""
    app: Any = SimpleNamespace(wait_until_stopped=asyncio.Event().wait)
    worker = worker_of(app)
    effect = asyncio.create_task(_misconfigured(), name="sync-contact effect")
    with pytest.raises(ConfigurationError, match=r"^attribute PHASE does not exist$"):
        await worker._until_stopped(asyncio.Event(), [effect])


async def test_error_that_ends_an_effect_is_told_whatever_groups_of_tasks_it_came_through() -> None:
    """`ExceptionGroup: unhandled errors in a TaskGroup` helps nobody."""
    app: Any = SimpleNamespace(wait_until_stopped=asyncio.Event().wait)
    worker = worker_of(app)
    effect = asyncio.create_task(_effect(), name="sync-contact effect")
    with pytest.raises(
        FatalError, match="sync-contact effect has stopped: FatalError: another one owns its partitions"
    ):
        await worker._until_stopped(asyncio.Event(), [effect])
