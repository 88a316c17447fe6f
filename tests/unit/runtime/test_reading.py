"""Spans of topics are read to their ends: a broker that hangs is noticed, a caller that takes its time is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from runtime import reading
from runtime.reading import SILENCE_SECONDS, read_spans

HERE, THERE = TopicPartition("topic", 0), TopicPartition("topic", 1)


@dataclass
class Clock:
    """Seconds that pass when somebody lets them."""

    now: float = 1_000.0

    def monotonic(self) -> float:
        """As `time.monotonic`."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that silence is measured by."""
    made = Clock()
    monkeypatch.setattr(reading, "time", made)
    return made


@dataclass
class Consumer:
    """As much of aiokafka's as is used; every poll of nothing takes half a second."""

    clock: Clock
    fetches: list[Mapping[TopicPartition, Sequence[int]]]
    """What each poll brings: offsets by partition."""
    gaps: dict[TopicPartition, int] = field(default_factory=dict)
    """Where a partition's position is once all was polled, if not behind its last record."""
    at: dict[TopicPartition, int] = field(default_factory=dict)
    paused: list[TopicPartition] = field(default_factory=list)

    def assign(self, places: Iterable[TopicPartition]) -> None:
        """Forgets all positions."""
        self.at = dict.fromkeys(places, -1)

    def seek(self, place: TopicPartition, offset: int) -> None:
        """Goes there."""
        self.at[place] = offset

    async def position(self, place: TopicPartition) -> int:
        """Behind what was polled last."""
        return self.at[place] if self.fetches else max(self.at[place], self.gaps.get(place, -1))

    def pause(self, place: TopicPartition) -> None:
        """Fetches no more of it."""
        self.paused.append(place)

    async def getmany(self, *places: TopicPartition, timeout_ms: int, max_records: int | None) -> dict[Any, Any]:
        """The next of the fetches."""
        if not self.fetches:
            self.clock.now += timeout_ms / 1_000
            return {}
        fetched = self.fetches.pop(0)
        for place, offsets in fetched.items():
            assert place in places
            self.at[place] = offsets[-1] + 1
        return {place: [SimpleNamespace(offset=offset) for offset in offsets] for place, offsets in fetched.items()}


async def offsets_of(consumer: Consumer, spans: Mapping[TopicPartition, range]) -> list[tuple[int, int]]:
    """(partition, offset) of each record, as it comes."""
    return [
        (place.partition, record.offset)
        async for portion in read_spans(cast("Any", consumer), spans)
        for place, records in portion.items()
        for record in records
    ]


async def test_spans_are_read_to_their_ends_and_no_farther(clock: Clock) -> None:
    """What was written meanwhile is left out, and a partition that has ended is fetched no more."""
    consumer = Consumer(clock, [{HERE: [3, 4], THERE: [0]}, {HERE: [5, 6, 7]}])
    assert await offsets_of(consumer, {HERE: range(3, 6), THERE: range(1)}) == [(0, 3), (0, 4), (1, 0), (0, 5)]
    assert consumer.paused == [THERE, HERE]


async def test_spans_that_end_in_a_gap_end(clock: Clock) -> None:
    """Compaction has left nothing there: the position alone moves."""
    consumer = Consumer(clock, [{HERE: [0]}], gaps={HERE: 9})
    assert await offsets_of(consumer, {HERE: range(9)}) == [(0, 0)]


async def test_empty_spans_are_passed_over(clock: Clock) -> None:
    """Nobody waits for what is not there."""
    consumer = Consumer(clock, [])
    assert await offsets_of(consumer, {HERE: range(4, 4)}) == []
    assert HERE not in consumer.at


async def test_broker_that_hangs_is_given_up(clock: Clock) -> None:
    """Its client reports nothing, for ever."""
    consumer = Consumer(clock, [{HERE: [0]}])
    with pytest.raises(TimeoutError):
        await offsets_of(consumer, {HERE: range(2)})
    assert clock.now == pytest.approx(1_000 + SILENCE_SECONDS, abs=1)


async def test_time_that_the_caller_takes_is_no_silence(clock: Clock) -> None:
    """A table's partition of many contacts takes longer than a broker may be silent."""
    consumer, seen = Consumer(clock, [{HERE: [0]}, {HERE: [1]}]), []
    async for portion in read_spans(cast("Any", consumer), {HERE: range(2)}):
        seen += [record.offset for record in portion[HERE]]
        clock.now += 10 * SILENCE_SECONDS
    assert seen == [0, 1]
