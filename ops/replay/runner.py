"""Publishes the copies of one replay: from where it stopped, at its rate, behind live work, until it is told to pause.

Where it is stands in `ops.replays.v1`, about once a second; which copies are in Kafka is asked of their topic itself.
So a kill at any time costs nothing: who goes on looks which copies lie behind the place that was noted last.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ops.posting import Posting
from ops.replay.copier import Copier
from ops.replay.copies import Copying, Stored
from ops.replay.pace import AHEAD, portion_size
from ops.replay.store import Orders
from ops.replay.tails import Tails, WorkerProgress
from runtime.pace import Pace
from schemas.errors import RetryLaterError
from schemas.replays import REPLAY_ID, REPLAY_OF, Replay, ReplayOrder, ReplayState
from schemas.topics import REPLAYS

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

BEAT_SECONDS = 1.0
"""Between two words about how far it is."""
LEASE_SECONDS = 4.0
"""Who says nothing for so long runs no more, and another process may take the replay on."""
_POLL_SECONDS = 0.1
_BEHIND_SECONDS = 0.25
"""How old a figure of the worker's lag may be: it confirms what it has handled as often."""
CopyProgress = Callable[[int, int], object]
"""Told how many copies are published, of how many."""


@dataclass(frozen=True, slots=True)
class ReplayTools:
    """What a run needs; all are open."""

    source: Tails
    """Of its own: reading several things with one would mix them up."""
    orders: Orders
    posting: Posting
    copier: Copier
    workers: WorkerProgress | None
    """``None``: nobody is waited for (the benchmark, which has no worker)."""


class Runner:
    """One process's work on a replay.

    Args:
        replay: as it stands.
        copying: makes its copies.
        tools: all open.
        tell: how far it is.
    """

    def __init__(
        self, replay: Replay, copying: Copying, tools: ReplayTools, tell: CopyProgress = lambda *_: None
    ) -> None:
        self.replay = replay
        self._copying = copying
        self._tools = tools
        self._tell = tell
        self._pace = Pace()
        self._beat_at = 0.0
        self._behind = (0.0, 0)
        self._is_claimed = False
        self._pause_wanted = False

    async def claim(self) -> None:
        """Take the replay on, so that whoever had it stops; then find out what they have published.

        Raises:
            RetryLaterError: another process was faster.
        """
        await self._say("running")
        await self._listen()
        while not self._is_claimed:
            await asyncio.sleep(_POLL_SECONDS)
            await self._listen()
        await self._find_copies()

    async def run(self) -> Replay:
        """Publish what is left; the replay as it stands then, `paused` or `published`.

        Raises:
            RetryLaterError: another process goes on.
        """
        spans = {number: range(begin, self.replay.ends[number]) for number, begin in self.replay.goes_on.items()}
        topic = self._copying.selection.topic
        self._tell(self.replay.published, self.replay.expected)
        async for portion in self._tools.source.read(topic, spans, portion_size(self.replay.rate)):
            if not await self._may_go_on():
                return await self._say("paused")
            await self._take(portion)
        return await self._say("published")

    async def _take(self, portion: Mapping[int, Sequence[ConsumerRecord]]) -> None:
        copies = {
            number: [copy for record in records if (copy := self._copying.copy(stored_of(record))) is not None]
            for number, records in portion.items()
        }
        landed = await self._tools.copier.publish(self._copying.selection.topic, copies)
        count = sum(map(len, copies.values()))
        self._pace.spend(count / self.replay.rate, time.monotonic())
        goes_on = {number: records[-1].offset + 1 for number, records in portion.items() if records}
        self.replay = self.replay.model_copy(
            update={
                "goes_on": {**self.replay.goes_on, **goes_on},
                "known_to": {**self.replay.known_to, **landed},
                "published": self.replay.published + count,
            }
        )
        self._tell(self.replay.published, self.replay.expected)

    async def _may_go_on(self) -> bool:
        """Waits while it is too fast, or live work would have to; false when somebody wants it to pause."""
        while True:
            now = time.monotonic()
            if now >= self._beat_at:
                await self._say("running")
            await self._listen()
            if self._pause_wanted:
                return False
            seconds = self._pace.wait_seconds(now)
            if not seconds and await self._lag(now) <= AHEAD:
                return True
            await asyncio.sleep(min(seconds or _POLL_SECONDS, BEAT_SECONDS))

    async def _lag(self, now: float) -> int:
        if self._tools.workers is None:
            return 0
        asked_at, behind = self._behind
        if now - asked_at > _BEHIND_SECONDS:
            behind = await self._tools.workers.behind()
            self._behind = (now, behind)
        return behind

    async def _say(self, state: ReplayState) -> Replay:
        self.replay = self.replay.model_copy(update={"state": state, "at": datetime.now(UTC)})
        await self._tools.posting.post(REPLAYS, [(self.replay.replay_id.encode(), self.replay)])
        self._beat_at = time.monotonic() + BEAT_SECONDS
        return self.replay

    async def _listen(self) -> None:
        """Take in what others said; what was said before its own first word was said to somebody else."""
        for said in await self._tools.orders.said():
            if isinstance(said, ReplayOrder):
                self._pause_wanted = self._is_claimed
            elif said.runner == self.replay.runner:
                self._is_claimed = True
            elif said.claim >= self.replay.claim:
                raise RetryLaterError(f"another process goes on with {said.replay_id}")

    async def _find_copies(self) -> None:
        """Which copies lie behind the place that was noted last: they are not made again."""
        topic, replay = self._copying.selection.topic, self.replay
        ends = (await self._tools.source.ends([topic]))[topic.name]
        goes_on, found = dict(replay.goes_on), 0
        spans = {number: range(at, ends[number]) for number, at in replay.known_to.items()}
        async for portion in self._tools.source.read(topic, spans):
            for number, records in portion.items():
                for record in records:
                    if (offset := self._original(record)) is not None and offset >= goes_on[number]:
                        goes_on[number], found = offset + 1, found + 1
        known = {"goes_on": goes_on, "known_to": ends, "published": replay.published + found}
        self.replay = replay.model_copy(update=known)

    def _original(self, record: ConsumerRecord) -> int | None:
        """The offset of the original of a copy of this replay."""
        headers = dict(record.headers)
        if headers.get(REPLAY_ID) != self.replay.replay_id.encode() or REPLAY_OF not in headers:
            return None
        return int(headers[REPLAY_OF].decode().rpartition("/")[2])


def stored_of(record: ConsumerRecord) -> Stored:
    """A record as Kafka's client gives it."""
    return Stored(record.partition, record.offset, record.timestamp, record.key, record.value, record.headers)
