"""The clock of an agent: sends a message to the agent itself when a row of its tables is due.

Due work is found in the table, so it survives a restart. A tick waits until the agent has handled everything that was
in its topics when the work came due: after an outage the facts of the backlog come before the conclusions from them.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from typing_extensions import override

from processors.engine.effect import Effect, OwnAgent, Position, RowChanges
from processors.engine.view import Output, PartitionStore, Rule
from schemas.errors import RetryLaterError

SHORTEST_PAUSE_SECONDS = 0.05

TickMaker = Callable[[int], Output]
"""Makes the message for a partition; its record says which work is due by the table alone."""


class DueTimes(Protocol):
    """Where an agent's tables say what is due; instants in milliseconds since 1970, in any order."""

    def due(self, stores: Mapping[str, PartitionStore]) -> Iterable[int]:
        """All that a partition's tables say."""

    def added(self, changes: Mapping[str, RowChanges]) -> Iterable[int]:
        """What a turn's changes add."""


@dataclass(frozen=True, slots=True)
class RowDueTimes(DueTimes):
    """One row for each thing that is due; `due_ms` reads it from the row's key."""

    table: str
    prefix: bytes
    due_ms: Callable[[bytes], int]

    @override
    def due(self, stores: Mapping[str, PartitionStore]) -> Iterable[int]:
        return (self.due_ms(key) for key, _value in stores[self.table].scan(self.prefix, b""))

    @override
    def added(self, changes: Mapping[str, RowChanges]) -> Iterable[int]:
        rows = changes[self.table].items()
        return (self.due_ms(key) for key, value in rows if value is not None and key.startswith(self.prefix))


@dataclass(frozen=True, slots=True)
class AllDueTimes(DueTimes):
    """What any of several tables says."""

    parts: Sequence[DueTimes]

    @override
    def due(self, stores: Mapping[str, PartitionStore]) -> Iterable[int]:
        return itertools.chain.from_iterable(part.due(stores) for part in self.parts)

    @override
    def added(self, changes: Mapping[str, RowChanges]) -> Iterable[int]:
        return itertools.chain.from_iterable(part.added(changes) for part in self.parts)


class DueClock(Effect):
    """An effect (`effect.Effect`) that does nothing outside but wait.

    Args:
        rule: of the agent.
        due_times: what is due.
        tick: makes the message.
    """

    def __init__(self, rule: Rule, due_times: DueTimes, *, tick: TickMaker) -> None:
        self.rule = rule
        self._due_times = due_times
        self._tick = tick
        self._due: dict[int, list[int]] = {}
        self._held: dict[int, Position] = {}
        self._changed = asyncio.Event()
        self._posts = False

    def is_idle(self, now_ms: int) -> bool:
        """Whether nothing is due, and nothing that was due is still on its way to the agent."""
        return not self._posts and all(not due or due[0] > now_ms for due in self._due.values())

    @override
    def load(self, partition: int, stores: Mapping[str, PartitionStore]) -> None:
        self._due[partition] = sorted(self._due_times.due(stores))
        self._held.pop(partition, None)
        self._changed.set()

    @override
    def applied(self, partition: int, changes: Mapping[str, RowChanges]) -> None:
        due = self._due.setdefault(partition, [])
        for due_time in self._due_times.added(changes):
            heapq.heappush(due, due_time)
            self._changed.set()

    @override
    def revoke(self, partition: int) -> None:
        self._due.pop(partition, None)
        self._held.pop(partition, None)

    @override
    async def run(self, agent: OwnAgent) -> None:
        while True:
            now_ms = int(time.time() * 1000)
            self._posts = True
            ready = [partition for partition in list(self._due) if await self._is_due(agent, partition, now_ms)]
            if ready:
                await agent.post([self._tick(partition) for partition in ready])
            self._posts = False
            self._changed.clear()
            try:
                async with asyncio.timeout(self._pause(now_ms)):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _is_due(self, agent: OwnAgent, partition: int, now_ms: int) -> bool:
        """Whether a partition's tick is to be sent now; what it covers is due no more."""
        due = self._due.get(partition)
        if not due or due[0] > now_ms:
            return False
        if partition not in self._held:
            try:
                self._held[partition] = await agent.backlog(partition)
            except RetryLaterError:
                return False
        if partition not in self._due or not agent.has_handled(partition, self._held[partition]):
            return False
        del self._held[partition]
        while due and due[0] <= now_ms:
            heapq.heappop(due)
        return True

    def _pause(self, now_ms: int) -> float:
        """Seconds until something may be due: short while a tick is held back."""
        if self._held:
            return SHORTEST_PAUSE_SECONDS
        earliest = min((due[0] for due in self._due.values() if due), default=now_ms + 60_000)
        return max(SHORTEST_PAUSE_SECONDS, (earliest - now_ms) / 1000)
