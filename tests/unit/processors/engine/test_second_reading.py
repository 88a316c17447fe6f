"""When changelogs are read once more, and when they are left alone."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import IllegalStateError
from faust.types.tuples import TP

from processors.engine import faust_recovery
from processors.engine.faust_recovery import SecondReading
from runtime.backoff import Backoff

HERE, THERE = TP("changelog", 0), TP("changelog", 1)


class Standing:
    """An app as far as its recovery goes: HERE waits for rows 4 to 6, THERE has all."""

    def __init__(self) -> None:
        self.sought: list[Collection[TP]] = []
        self.offsets = Counter({HERE: 3, THERE: 9})
        self.recovery: Any = SimpleNamespace(
            in_recovery=True,
            active_tps={HERE, THERE},
            active_offsets=self.offsets,
            active_remaining=lambda: Counter({HERE: 6 - self.offsets[HERE], THERE: 0}),
            _seek_offsets=self._seek,
        )
        self.consumer = SimpleNamespace(flow_active=True)
        self.queue: asyncio.Queue[object] = asyncio.Queue()
        self.fails = False
        self.app: Any = SimpleNamespace(
            tables=SimpleNamespace(recovery=self.recovery, changelog_queue=self.queue), consumer=self.consumer
        )

    async def _seek(self, _consumer: object, tps: Collection[TP], offsets: Mapping[TP, int], _title: str) -> None:
        assert offsets is self.offsets
        self.sought.append(tps)
        if self.fails:
            raise IllegalStateError("not assigned")

    async def watched(self, looks: int) -> list[Collection[TP]]:
        """What was sought while it was looked at so often."""
        task = asyncio.create_task(SecondReading(self.app).run())
        for _ in range(looks):
            await asyncio.sleep(0.02)
        assert not task.done()
        task.cancel()
        return self.sought


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> Standing:
    """Looked at every hundredth of a second."""
    monkeypatch.setattr(faust_recovery, "LOOKS", Backoff(first_seconds=0.01, longest_seconds=0.01))
    return Standing()


async def test_what_stands_still_is_read_again_from_where_it_stands(standing: Standing) -> None:
    """Only the partition that waits; again and again, if that does not help."""
    sought = await standing.watched(10)
    assert len(sought) > 1
    assert all(tps == {HERE} for tps in sought)


async def test_partition_that_has_gone_meanwhile_ends_nothing(standing: Standing) -> None:
    """It is another worker's by now."""
    standing.fails = True
    assert len(await standing.watched(10)) > 1


@pytest.mark.parametrize("why", ["recovered", "flow is stopped", "rows wait to be applied"])
async def test_what_has_a_reason_to_stand_is_left_alone(standing: Standing, why: str) -> None:
    """Nothing is awaited, nothing may come, or it has come."""
    standing.recovery.in_recovery = why != "recovered"
    standing.consumer.flow_active = why != "flow is stopped"
    if why == "rows wait to be applied":
        standing.queue.put_nowait("a batch")
    assert await standing.watched(10) == []


async def test_reading_in_vain_is_repeated_ever_more_rarely(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line may be slower than we are patient, and reading again throws away what is under way."""
    monkeypatch.setattr(faust_recovery, "LOOKS", Backoff(first_seconds=0.01, longest_seconds=10))
    began = time.monotonic()
    sought = await standing.watched(40)
    # Each pause is twice the last one, so so many took at least so long, however busy the machine is.
    assert sought
    assert 0.009 * 2 ** len(sought) <= time.monotonic() - began
