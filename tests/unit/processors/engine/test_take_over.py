"""Former owners are fenced off before Faust asks where its changelogs end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from types import SimpleNamespace
from typing import Any

import pytest
from faust.tables.recovery import RebalanceAgain
from faust.types.tuples import TP

from processors.engine import faust_recovery
from processors.engine.faust_recovery import TakeOver
from schemas.errors import FatalError

CHANGELOG = TP("changelog", 0)
Fence = Callable[[Collection[TP]], Awaitable[None]]


class Recovering:
    """An app as far as its recovery goes, with what happened in order."""

    def __init__(self, fence: Fence) -> None:
        self.happened: list[str] = []
        self._revoked: Any = None
        signal = SimpleNamespace(connect=self._connect)
        recovery = SimpleNamespace(_build_highwaters=self._look)
        self._app: Any = SimpleNamespace(tables=SimpleNamespace(recovery=recovery), on_partitions_revoked=signal)
        TakeOver(self._app, fence)

    def _connect(self, handler: Any, *, weak: bool) -> None:
        assert not weak
        self._revoked = handler

    async def _look(self, _consumer: object, tps: Collection[TP], _where: object, _title: str) -> None:
        self.happened.append(f"ends of {len(tps)}")

    async def recover(self) -> None:
        """As Faust begins a recovery."""
        await self._app.tables.recovery._build_highwaters(None, {CHANGELOG}, {}, "active")

    async def revoke(self) -> None:
        """Faust's signal."""
        await self._revoked(self._app, {CHANGELOG})


async def test_recovery_looks_for_the_ends_behind_the_fences() -> None:
    """What a former owner got in before the fence is recovered, what comes later is refused."""

    async def fence(changelogs: Collection[TP]) -> None:
        await asyncio.sleep(0)
        app.happened.append(f"fenced {min(changelogs).topic}")

    app = Recovering(fence)
    await app.recover()
    assert app.happened == ["fenced changelog", "ends of 1"]


async def test_recovery_of_partitions_that_are_revoked_meanwhile_begins_again() -> None:
    """No fence of ours may come behind the next owner's."""
    begun = asyncio.Event()

    async def fence(_changelogs: Collection[TP]) -> None:
        begun.set()
        await asyncio.Event().wait()

    app = Recovering(fence)
    recovering = asyncio.create_task(app.recover())
    await begun.wait()
    await app.revoke()
    with pytest.raises(RebalanceAgain):
        await recovering
    assert app.happened == []


async def test_recovery_whose_fences_kafka_does_not_take_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faust would stop waiting and recover up to ends that it never got."""
    monkeypatch.setattr(faust_recovery, "FENCE_SECONDS", 0.01)

    async def fence(_changelogs: Collection[TP]) -> None:
        await asyncio.Event().wait()

    app = Recovering(fence)
    with pytest.raises(FatalError, match="fenced off no former owner"):
        await app.recover()
    assert app.happened == []
