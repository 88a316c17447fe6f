"""A replay's run on topics in memory: killed anywhere, paused, overtaken, held up by the worker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from typing_extensions import override

from ops.posting import Posting
from ops.replay.copier import Copier
from ops.replay.copies import Copy, Copying, Stored
from ops.replay.pace import AHEAD
from ops.replay.runner import ReplayTools, Runner
from ops.replay.store import Orders
from ops.replay.tails import Tails, WorkerProgress
from ops.replay.wish import to_wire
from ops.selection.selection import Selection
from schemas.errors import RetryLaterError
from schemas.model import Message
from schemas.replays import REPLAY_OF, Lineage, Replay, ReplayOrder
from schemas.topic import Topic
from schemas.topics import RAW_EVENTS

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
EVENTS, PARTITIONS, RATE = 40, 2, 1_000_000
WANTED = Selection(RAW_EVENTS, event_types=("webinar.ended",))


class Killed(BaseException):
    """The process is gone."""


class World:
    """A topic with two partitions, of which every second event is selected, and what was said of the replay."""

    def __init__(self) -> None:
        names = (b"webinar.ended", b"webinar.started")
        self.records: dict[int, list[Stored]] = {
            number: [
                Stored(number, offset, 1_000, b"k", b"{}", [("ce_type", names[offset % 2])]) for offset in range(EVENTS)
            ]
            for number in range(PARTITIONS)
        }
        self.said: list[Message] = []
        self.behind = 0
        self.posts_until_killed = -1
        self.copies_until_killed = -1

    @property
    def copies(self) -> list[str]:
        """What there are copies of."""
        headers = [dict(record.headers) for records in self.records.values() for record in records]
        return sorted((header[REPLAY_OF] or b"").decode() for header in headers if REPLAY_OF in header)

    @property
    def latest(self) -> Replay:
        """As the topic tells of it."""
        return [said for said in self.said if isinstance(said, Replay)][-1]

    def runner(self, replay: Replay) -> Runner:
        """A process that takes it on."""
        tools = ReplayTools(MemoryTopic(self), MemoryOrders(self), MemoryPosting(self), MemoryCopier(self), Lag(self))
        return Runner(replay, Copying(WANTED, Lineage(replay.replay_id), ()), tools)

    def begun(self) -> Replay:
        """Before the first copy."""
        ends = dict.fromkeys(range(PARTITIONS), EVENTS)
        return Replay(
            replay_id="r",
            state="running",
            operator="ines",
            reason="why",
            selection=to_wire(WANTED),
            said="some",
            expected=EVENTS,
            rate=RATE,
            started_at=NOW,
            at=NOW,
            runner="0",
            begins=dict.fromkeys(range(PARTITIONS), 0),
            ends=ends,
            goes_on=dict.fromkeys(range(PARTITIONS), 0),
            known_to=ends,
            followed_from={},
        )

    def resumed(self) -> Replay:
        """For the next process."""
        known = self.latest if self.said else self.begun()
        return known.model_copy(update={"claim": known.claim + 1, "runner": str(known.claim)})


class Read:
    """A record as Kafka's client gives it."""

    def __init__(self, stored: Stored) -> None:
        self.partition, self.offset, self.timestamp, self.key, self.value, self.headers = stored


class MemoryTopic(Tails):
    """Three records at once."""

    def __init__(self, world: World) -> None:
        self._world = world

    @override
    async def ends(self, topics: Iterable[Topic]) -> dict[str, dict[int, int]]:
        return {topic.name: {number: len(record) for number, record in self._world.records.items()} for topic in topics}

    @override
    async def read(
        self, topic: Topic, spans: Mapping[int, range], most: int = 3
    ) -> AsyncIterator[Mapping[int, Sequence[Any]]]:
        for number, span in spans.items():
            for at in range(span.start, span.stop, 3):
                found = self._world.records[number][at : min(at + 3, span.stop)]
                yield {number: [Read(stored) for stored in found]}


class MemoryOrders(Orders):
    """From now on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen = len(world.said)

    @override
    async def said(self) -> Sequence[Replay | ReplayOrder]:
        found, self._seen = self._world.said[self._seen :], len(self._world.said)
        return [said for said in found if isinstance(said, Replay | ReplayOrder)]


class MemoryPosting(Posting):
    """Says it, or dies before."""

    def __init__(self, world: World) -> None:
        self._world = world

    @override
    async def post(
        self, topic: Topic, messages: Iterable[tuple[bytes, Message]], advance: Callable[[int], object] = lambda _: None
    ) -> None:
        if not self._world.posts_until_killed:
            raise Killed
        self._world.posts_until_killed -= 1
        self._world.said += [message for _key, message in messages]


class MemoryCopier(Copier):
    """Appends copies one by one, or dies between two."""

    def __init__(self, world: World) -> None:
        self._world = world

    @override
    async def publish(self, topic: Topic, copies: Mapping[int, Sequence[Copy]]) -> Mapping[int, int]:
        for number, every in copies.items():
            records = self._world.records[number]
            for copy in every:
                if not self._world.copies_until_killed:
                    raise Killed
                self._world.copies_until_killed -= 1
                headers = cast("Sequence[tuple[str, bytes | None]]", copy.headers)
                records.append(Stored(number, len(records), copy.timestamp_ms, copy.key, copy.value, headers))
        return {number: len(self._world.records[number]) for number, every in copies.items() if every}


class Lag(WorkerProgress):
    """As the test says; every time it is asked a worker has handled half."""

    def __init__(self, world: World) -> None:
        self._world = world

    @override
    async def behind(self) -> int:
        self._world.behind //= 2
        return self._world.behind


WHOLE = sorted(f"{RAW_EVENTS.name}/{number}/{offset}" for number in range(PARTITIONS) for offset in range(0, EVENTS, 2))


@pytest.mark.parametrize("copies", range(0, EVENTS, 3))
async def test_run_that_is_killed_between_any_two_copies_is_completed_without_one_twice(copies: int) -> None:
    """What was noted last is older than what lies in the topic."""
    world = World()
    world.copies_until_killed = copies
    first = world.runner(world.begun())
    await first.claim()
    with pytest.raises(Killed):
        await first.run()
    assert len(world.copies) == copies
    world.copies_until_killed = (EVENTS - copies) // 2
    second = world.runner(world.resumed())
    await second.claim()
    with pytest.raises(Killed):
        await second.run()
    world.copies_until_killed = -1
    third = world.runner(world.resumed())
    await third.claim()
    done = await third.run()
    assert (done.state, done.published, done.read) == ("published", EVENTS, 2 * EVENTS)
    assert world.copies == WHOLE


async def test_run_that_is_killed_before_its_last_word_is_completed() -> None:
    """All copies are there, and nobody has said so."""
    world = World()
    world.posts_until_killed = 1
    first = world.runner(world.begun())
    await first.claim()
    with pytest.raises(Killed):
        await first.run()
    world.posts_until_killed = -1
    second = world.runner(world.resumed())
    await second.claim()
    assert (await second.run()).published == EVENTS
    assert world.copies == WHOLE


async def test_run_pauses_when_somebody_orders_it_and_hears_no_order_of_before() -> None:
    """The order that stopped the process before it is done with."""
    world = World()
    order = ReplayOrder(replay_id="r", operator="noah", at=NOW)
    world.said.append(order)
    first = world.runner(world.begun())
    await first.claim()
    world.said.append(order)
    paused = await first.run()
    assert (paused.state, paused.published, world.copies) == ("paused", 0, [])
    second = world.runner(world.resumed())
    await second.claim()
    assert (await second.run()).state == "published"


async def test_run_that_was_overtaken_publishes_nothing_more() -> None:
    """It slept, and wakes up."""
    world = World()
    sleeper = world.runner(world.begun())
    await sleeper.claim()
    other = world.runner(world.resumed())
    await other.claim()
    with pytest.raises(RetryLaterError, match="another process goes on"):
        await sleeper.run()
    assert world.copies == []
    assert (await other.run()).published == EVENTS
    assert world.copies == WHOLE


async def test_run_waits_while_live_work_waits() -> None:
    """Until the worker has caught up."""
    world = World()
    world.behind = 5 * AHEAD
    runner = world.runner(world.begun())
    await runner.claim()
    await runner.run()
    assert world.behind <= AHEAD
    assert world.copies == WHOLE
