"""An engine in memory for effects: what they post comes back through their rule, and they may be killed anywhere."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from processors.engine.effect import Effect, Rows
from processors.engine.view import MemoryStore, Output, PartitionStore, Record, TurnView

Phase = Literal["lost", "published", "applied"]
"""Where a kill strikes a post: before the broker has it, before the rule handled it, before the effect goes on."""


CrashPlan = Callable[[int, Sequence[Output]], Phase | None]
"""Says for each post, by number from 1, whether the worker dies there."""


class LoopbackEngine:
    """Topics, tables and one worker; `crash` and `start` again as often as wanted."""

    def __init__(self, sources: Sequence[str], tables: Sequence[str], partitions: int = 1) -> None:
        self.sources = frozenset(sources)
        self.partitions = partitions
        self.memory = {p: {table: MemoryStore() for table in tables} for p in range(partitions)}
        self.published: list[Output] = []
        self.crash_plan: CrashPlan | None = None
        self.timestamp_ms = 0
        """Of every record from now on."""
        self.turns_held = False
        """While true, what is posted is published and not handled, as between two turns of the engine."""
        self.effect_is_told_late = False
        """While true, the store has new rows that the effect is not told of, as within a turn of the engine."""
        self._untold: list[tuple[int, Mapping[str, Rows]]] = []
        self.crashed = asyncio.Event()
        self.effect: Effect | None = None
        self._backlog: list[Record] = []
        self._offsets: dict[str, int] = {}
        self._posts = 0
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    def stores(self, partition: int) -> dict[str, PartitionStore]:
        """The tables of a partition as rules see them."""
        return dict(self.memory[partition])

    def start(self, effect: Effect, partitions: Sequence[int] | None = None) -> None:
        """A new worker: loads its partitions, handles what waits, runs."""
        self.effect = effect
        self.crashed.clear()
        for partition in range(self.partitions) if partitions is None else partitions:
            effect.load(partition, self.stores(partition))
        self._task = asyncio.create_task(effect.run(self._post))
        self.turn()

    def turn(self) -> None:
        """Handle what was held back."""
        self.turns_held = False
        backlog, self._backlog = self._backlog, []
        for record in backlog:
            self._handle(record)

    def tell_effect(self) -> None:
        """Tell the effect what it was not told."""
        self.effect_is_told_late = False
        untold, self._untold = self._untold, []
        for partition, changes in untold:
            if self.effect is not None:
                self.effect.applied(partition, changes)

    async def crash(self) -> None:
        """The worker dies at once."""
        self.effect = None
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def stop(self) -> None:
        """The worker ends calmly: its outcomes are still taken in while it does."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self.effect = None

    def send(self, topic: str, key: str, value: bytes) -> Record:
        """Publish a record; a running worker handles it at once, else it waits for the next one."""
        return self._publish(Output(topic, key.encode(), value))

    async def until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Wait for something that rows, posts or the worker's death can bring about."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                if self._task is not None and self._task.done():
                    await self._task
                waker = asyncio.get_running_loop().call_later(0.02, self._changed.set)
                await self._changed.wait()
                waker.cancel()

    async def _post(self, outputs: Sequence[Output]) -> None:
        if self.effect is None:
            await self._die()
        self._posts += 1
        phase = self.crash_plan(self._posts, outputs) if self.crash_plan else None
        if phase == "lost":
            await self._die()
        self.published.extend(outputs)
        looped = [self._record(each) for each in outputs if each.topic in self.sources]
        if self.turns_held:
            self._backlog.extend(looped)
            self._changed.set()
            return
        if phase == "published":
            self._backlog.extend(looped)
            await self._die()
        for record in looped:
            self._handle(record)
        if phase == "applied":
            await self._die()

    async def _die(self) -> None:
        self.effect = None
        self.crashed.set()
        self._changed.set()
        await asyncio.Event().wait()

    def _publish(self, output: Output) -> Record:
        self.published.append(output)
        record = self._record(output)
        if self.effect is None:
            self._backlog.append(record)
        else:
            self._handle(record)
        return record

    def _record(self, output: Output) -> Record:
        offset = self._offsets[output.topic] = self._offsets.get(output.topic, -1) + 1
        partition = zlib.crc32(output.key or b"") % self.partitions
        return Record(output.topic, partition, offset, self.timestamp_ms, output.key, output.value, output.headers)

    def _handle(self, record: Record) -> None:
        if self.effect is None:
            self._backlog.append(record)
            return
        view = TurnView(record.partition, self.stores(record.partition))
        self.effect.rule.handle(record, view)
        view.commit(record)
        for table, rows in view.changes.items():
            self.memory[record.partition][table].apply(rows)
        if self.effect_is_told_late:
            self._untold.append((record.partition, view.changes))
        else:
            self.effect.applied(record.partition, view.changes)
        self._changed.set()
        for output, _ in view.outbox:
            self.published.append(output)
            if output.topic in self.sources:
                self._handle(self._record(output))
