"""When a partition's sweep is asked for: once per day, once for all missed days, and not while one is under way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date

import pytest
from typing_extensions import override

from processors.engagement.agent import ENGAGEMENT_TABLE
from processors.engagement.sweep import EPOCH, SWEEP_KEY, Sweep, encode_sweep
from processors.engagement.sweep_clock import sweep_clock
from processors.engine.effect import OwnAgent
from processors.engine.memory_store import MemoryStore
from processors.engine.view import Output, Record, View
from schemas.instants import SECONDS_PER_DAY
from schemas.ticks import SweepTick
from schemas.topics import ENGAGEMENT_TICKS
from tests.support.processes import eventually

TODAY, SECOND = divmod(int(time.time()) - 3600, SECONDS_PER_DAY)
"""Sweeps are due at the time of day of an hour ago: no test runs into the next one."""


class NoRule:
    """The clock hands its rule on and never runs it."""

    def handle(self, record: Record, view: View) -> None:
        """Nothing."""


@dataclass
class Desk(OwnAgent):
    """A clock of sweeps, and what it sent: (partition, day)."""

    handled: bool = True
    """Whether the agent is done with its topics."""
    sent: list[tuple[int | None, date]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = sweep_clock(NoRule(), table=ENGAGEMENT_TABLE, second=SECOND, clock=time.time)

    @override
    def has_handled(self, _partition: int, _position: Mapping[str, int]) -> bool:
        return self.handled

    @override
    async def backlog(self, _partition: int) -> Mapping[str, int]:
        return {}

    @override
    async def post(self, outputs: Sequence[Output]) -> None:
        """Notes whose sweep of which day was asked for."""
        assert {output.topic for output in outputs} == {ENGAGEMENT_TICKS.name}
        self.sent += [(output.partition, SweepTick.from_bytes(output.value or b"").day) for output in outputs]

    def load(self, partition: int, sweep: Sweep | None) -> None:
        """Give the clock a partition whose latest sweep was this one."""
        rows = {} if sweep is None else {SWEEP_KEY: encode_sweep(sweep)}
        self.clock.load(partition, {ENGAGEMENT_TABLE: MemoryStore(rows)})

    def apply(self, partition: int, sweep: Sweep) -> None:
        """Tell it what the rule has written."""
        self.clock.applied(partition, {ENGAGEMENT_TABLE: {SWEEP_KEY: encode_sweep(sweep)}})

    async def until_sent(self, *expected: tuple[int, int]) -> None:
        """Wait for sweeps: (partition, day since 1970)."""
        wanted = [(partition, date.fromordinal(EPOCH.toordinal() + day)) for partition, day in expected]

        async def there() -> bool:
            return len(self.sent) >= len(wanted)

        await eventually(there, what=f"{len(wanted)} sweeps")
        assert self.sent == wanted


@pytest.fixture
def desk() -> Desk:
    """Everything handled."""
    return Desk()


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[None]:
    """The clock at work."""
    task = asyncio.create_task(desk.clock.run(desk))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_clock_asks_for_what_is_due_and_once_for_missed_days(desk: Desk) -> None:
    """Never swept, or not for nine days: one sweep of today. Swept today: none."""
    desk.load(0, Sweep(TODAY, 3, None))
    desk.load(1, None)
    desk.load(2, Sweep(TODAY - 9, 3, None))
    async with running(desk):
        await desk.until_sent((1, TODAY), (2, TODAY))


async def test_clock_next_day_is_asked_for_once_a_sweep_is_done(desk: Desk) -> None:
    """Its steps ask for nothing; its end does, and so does one under way when the partition came to this worker."""
    async with running(desk):
        desk.load(0, Sweep(TODAY - 1, 2, "a"))
        await desk.until_sent((0, TODAY))
        desk.load(1, Sweep(TODAY, 0, None))
        desk.apply(1, Sweep(TODAY - 1, 4, "b"))
        desk.load(2, Sweep(TODAY, 0, None))
        desk.apply(2, Sweep(TODAY - 1, 5, None))
        await desk.until_sent((0, TODAY), (2, TODAY))


async def test_clock_waits_for_the_backlog(desk: Desk) -> None:
    """After an outage the facts come first; a partition that went to another worker is not asked for."""
    desk.handled = False
    desk.load(0, None)
    desk.load(1, None)
    async with running(desk):
        desk.clock.revoke(1)
        desk.load(2, Sweep(TODAY, 0, None))
        desk.clock.applied(2, {ENGAGEMENT_TABLE: {b"other|h": b""}})
        desk.handled = True
        await desk.until_sent((0, TODAY))
