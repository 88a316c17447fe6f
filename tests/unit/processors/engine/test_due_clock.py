"""The clock: earliest first, never before the backlog, and nothing of a partition that was given away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from typing_extensions import override

from processors.engine.due_clock import DueClock, RowDueTimes
from processors.engine.effect import OwnAgent
from processors.engine.memory_store import MemoryStore
from processors.engine.view import Output, Record, View
from schemas.errors import RetryLaterError
from tests.support.processes import eventually

DUE_TABLE, DUE = "due", b"due|"


class NoRule:
    """The clock hands its rule on and never runs it."""

    def handle(self, record: Record, view: View) -> None:
        """Nothing."""


@dataclass
class Desk(OwnAgent):
    """A clock with all that it asks and tells."""

    end: int = 0
    """Where the topic ends, as Kafka says."""
    handled: int = 0
    asked: int = 0
    away: bool = False
    """Kafka does not answer."""
    ticks: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = DueClock(
            NoRule(),
            RowDueTimes(DUE_TABLE, DUE, lambda key: int(key.removeprefix(DUE))),
            tick=lambda partition: Output("ticks", None, b"", partition=partition),
        )

    @override
    def has_handled(self, _partition: int, position: Mapping[str, int]) -> bool:
        return self.handled >= position["events"]

    @override
    async def backlog(self, _partition: int) -> Mapping[str, int]:
        self.asked += 1
        if self.away:
            raise RetryLaterError("Kafka does not answer")
        return {"events": self.end}

    @override
    async def post(self, outputs: Sequence[Output]) -> None:
        """Notes whose tick was sent."""
        self.ticks += [output.partition for output in outputs if output.partition is not None]

    def load(self, partition: int, *due_in_ms: int) -> None:
        """Give the clock a partition whose table has these rows, and one that is none of what is due's."""
        rows = {row(due_in_m): b"1" for due_in_m in due_in_ms} | {b"other|1": b"1"}
        self.clock.load(partition, {DUE_TABLE: MemoryStore(rows)})


@pytest.fixture
def desk() -> Desk:
    """Everything handled."""
    return Desk()


def row(in_ms: int) -> bytes:
    """The key of something due in so many milliseconds."""
    return DUE + b"%013d" % (int(time.time() * 1000) + in_ms)


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[None]:
    """The clock at work."""
    task = asyncio.create_task(desk.clock.run(desk))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), task.exception()


async def until_ticks(desk: Desk, ticks: list[int]) -> None:
    """Wait until exactly these were sent."""

    async def sent() -> bool:
        return desk.ticks == ticks

    await eventually(sent, what=f"the ticks {ticks}", timeout_seconds=10)


async def test_clock_due_rows_of_the_table_tick_once_per_partition(desk: Desk) -> None:
    """Several due rows of a partition need one tick, which finds them all; later ones do not tick yet."""
    desk.load(0, -5_000, -1_000, 60_000)
    desk.load(1, 60_000)
    desk.load(2, -1)
    async with running(desk):
        await until_ticks(desk, [0, 2])


async def test_clock_rows_applied_later_tick_earliest_first(desk: Desk) -> None:
    """A row that is due before all known ones shortens the wait."""
    desk.load(0, 60_000)
    desk.load(1, 60_000)
    async with running(desk):
        desk.clock.applied(1, {DUE_TABLE: {row(400): b"1"}})
        desk.clock.applied(0, {DUE_TABLE: {row(150): b"1", b"other|2": b"1"}})
        await until_ticks(desk, [0, 1])


async def test_clock_removed_rows_and_other_rows_do_not_tick(desk: Desk) -> None:
    """Only new rows of the prefix count."""
    desk.load(0)
    async with running(desk):
        desk.clock.applied(0, {DUE_TABLE: {row(-1): None, b"other|3": b"1"}})
        desk.clock.applied(1, {DUE_TABLE: {row(0): b"1"}})
        await until_ticks(desk, [1])


async def test_clock_tick_waits_for_what_was_in_the_topics_when_the_work_came_due(desk: Desk) -> None:
    """Kafka is asked once; records that come later do not delay it."""
    desk.end = 10
    desk.load(0, -1)
    async with running(desk):

        async def asked() -> bool:
            return desk.asked > 0

        await eventually(asked, what="the clock asks where the topic ends")
        desk.end, desk.handled = 1_000, 9
        assert desk.ticks == []
        desk.handled = 10
        await until_ticks(desk, [0])
    assert desk.asked == 1


async def test_clock_revoked_partition_does_not_tick(desk: Desk) -> None:
    """Another worker's clock has its due rows now; loaded again, it asks anew."""
    desk.end = 10
    desk.load(0, -1)
    desk.load(1, -1)
    async with running(desk):

        async def asked() -> bool:
            return desk.asked == 2

        await eventually(asked, what="the clock asks for both partitions")
        desk.clock.revoke(0)
        desk.handled = 10
        await until_ticks(desk, [1])
        desk.load(0, -1)
        await until_ticks(desk, [1, 0])
    assert desk.asked == 3


async def test_clock_kafka_away_asks_again_until_it_answers(desk: Desk) -> None:
    """An outage delays a tick; it does not stop the worker."""
    desk.away = True
    desk.load(0, -1)
    async with running(desk):

        async def asked_again() -> bool:
            return desk.asked > 2

        await eventually(asked_again, what="the clock asks again")
        assert desk.ticks == []
        desk.away = False
        await until_ticks(desk, [0])
