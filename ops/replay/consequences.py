"""Waits until the worker has handled what a replay published, and counts what followed from it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ops.replay.tails import Tails, WorkerProgress
from ops.replay.tally import FOLLOWED, ReplayTally
from schemas.replays import Replay, ReplayReport
from schemas.topics import BREVO_RESULTS, all_topics

_POLL_SECONDS = 0.5
_QUIET_SECONDS = 3.0
"""Besides the time that results wait after news (`sessions.settle`): a tick of the clock, and a call of Brevo's."""
_OPEN_SECONDS = 30.0
"""So long without a change, while commands are open: Brevo's limits, or Brevo itself, make them wait."""


class Consequences:
    """What followed from one replay so far.

    Args:
        topics: an open consumer of its own.
        replay: as it stands.
    """

    def __init__(self, topics: Tails, replay: Replay) -> None:
        self._topics = topics
        self._replay = replay
        self._at = dict(replay.followed_from)
        self._tally = ReplayTally(replay.replay_id)

    async def count(self) -> ReplayReport:
        """Read on to where the topics end now."""
        # The end of the outcomes first: each of them has its command before the ends that are asked for next.
        ends = await self._topics.ends([BREVO_RESULTS])
        ends = await self._topics.ends([topic for topic in FOLLOWED if topic.name != BREVO_RESULTS.name]) | ends
        for topic in FOLLOWED:
            since = self._at.get(topic.name, {})
            spans = {number: range(since.get(number, 0), end) for number, end in ends[topic.name].items()}
            async for portion in self._topics.read(topic, spans):
                for records in portion.values():
                    for record in records:
                        self._tally.take(
                            topic, record.partition, record.offset, record.key, record.value, record.headers
                        )
        self._at = ends
        return self._tally.report(read=self._replay.read, published=self._replay.published)

    async def settled(
        self, workers: WorkerProgress, settle_seconds: float, tell: Callable[[str], object]
    ) -> ReplayReport:
        """Count until the worker has handled every copy and nothing has followed for a while.

        Args:
            workers: of the installation.
            settle_seconds: so long results wait after news.
            tell: told what it waits for.
        """
        topic = next(topic for topic in all_topics() if topic.name == self._replay.selection.topic)
        tell("waiting for the worker to handle the copies")
        while not await workers.has_handled(topic, self._replay.known_to):  # noqa: ASYNC110 (Kafka tells nobody when)
            await asyncio.sleep(_POLL_SECONDS)
        tell("counting what follows")
        report, since = await self.count(), time.monotonic()
        while time.monotonic() - since < settle_seconds + (_OPEN_SECONDS if report.open else _QUIET_SECONDS):
            await asyncio.sleep(_POLL_SECONDS)
            before, report = report, await self.count()
            if report != before:
                since = time.monotonic()
        return report
