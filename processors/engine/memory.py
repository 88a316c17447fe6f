"""The engine without Kafka and disk: the same agents and turns over lists and dictionaries, for tests of both.

What it promises is what `tests/integration/engine/test_contract.py` asks of it and of Faust alike. It differs in three
things: a turn is done the moment a record is sent, a rule's delay is noted instead of waited for, and a worker may be
killed at each exact place of a post (`crash_plan`).
"""

from __future__ import annotations

import asyncio
import itertools
import zlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Literal, TypeVar

from prometheus_client import CollectorRegistry
from typing_extensions import override

from processors.engine.agent import Agent
from processors.engine.effect import Effect, OwnAgent, Position, RowChanges
from processors.engine.memory_store import MemoryStore
from processors.engine.metrics import EngineMetrics
from processors.engine.outside import Outside, RefusedOutput
from processors.engine.spec import AgentSpec
from processors.engine.turn import Batch
from processors.engine.view import Output, PartitionStore, Record
from schemas.cloud_events import Headers

CrashPoint = Literal["lost", "published", "applied"]
"""Where a kill strikes a post: before the broker has it, before the rule handled it, before the effect goes on."""
CrashPlan = Callable[[int, Sequence[Output]], CrashPoint | None]
"""Says for each post, by number from 1, whether the worker dies there."""
Returned = TypeVar("Returned")


class MemoryEngine(Outside, OwnAgent):
    """Topics, tables and one worker of one agent; `crash` and `start` again as often as wanted.

    Args:
        spec: of the agent.
        partitions: of every topic.
        refuses: whether the broker refuses an output for good.
    """

    def __init__(
        self, spec: AgentSpec, partitions: int = 1, *, refuses: Callable[[Output], bool] = lambda _output: False
    ) -> None:
        self.spec = spec
        self.partitions = partitions
        self.memory = {p: {table: MemoryStore() for table in spec.tables} for p in range(partitions)}
        self.published: list[Output] = []
        self.crash_plan: CrashPlan | None = None
        self.timestamp_ms = 0
        """Of every record from now on; it is taken in at the same time."""
        self.turns_held = False
        """While true, what is posted is published and not handled, as between two turns of the engine."""
        self.effect_is_told_late = False
        """While true, the stores have rows that the effect is not told of, as within a turn, until `tell_effect`."""
        self.waited: list[float] = []
        """Seconds that rules asked to wait before their turn was done again."""
        self.crashed = asyncio.Event()
        self.effect: Effect | None = None
        """Of the worker that runs."""
        self.halt: str | None = None
        """Why its breaker has stopped it; `start` goes on behind what was handled."""
        self.metrics = EngineMetrics(CollectorRegistry())
        self._refuses = refuses
        self._sources = frozenset(topic.name for topic in spec.sources)
        self._core: Agent | None = None
        self._backlog: list[Record] = []
        self._held: list[Record] = []  # posted while turns are held
        self._is_idle = False  # started, and handles nothing before `turn`
        self._ends: dict[tuple[str, int], int] = {}
        self._handled: dict[tuple[str, int], int] = {}
        self._posts = 0
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._untold: list[Mapping[int, Mapping[str, RowChanges]]] = []

    def start(self, effect: Effect, partitions: Sequence[int] | None = None, *, held: bool = False) -> None:
        """A new worker: loads its partitions, handles what waits (`held`: not before `turn`), runs."""
        self._begin(effect, set(range(self.partitions) if partitions is None else partitions))
        self._is_idle = held
        self._task = asyncio.create_task(effect.run(self))
        self._work()

    def start_without_pump(self, effect: Effect) -> None:
        """A new worker whose effect does not run: no event loop is needed."""
        self._begin(effect, set(range(self.partitions)))
        self.turn()

    def _begin(self, effect: Effect, partitions: set[int]) -> None:
        self.crashed.clear()
        self.halt = None
        self.effect = effect
        self._core = Agent(self.spec, effect, self, self.metrics, "0.0.0", pause=self._pause)
        self._core.assign(partitions)

    def send(
        self,
        topic: str,
        key: str | None,
        value: bytes | None,
        headers: Headers = (),
        *,
        partition: int | None = None,
    ) -> Record:
        """Publish a record; a running worker handles it at once, else it waits for the next one."""
        output = Output(topic, None if key is None else key.encode(), value, headers, partition)
        self.published.append(output)
        record = self._append(output)
        self._work()
        return record

    def turn(self) -> None:
        """Handle what waits, and what follows from it, in turns of as much as there is.

        Raises:
            FatalError: a rule's; the worker has stopped, and its turn waits for the next one.
        """
        self._is_idle = self.turns_held = False
        self._backlog += self._held
        self._held = []
        self._work()

    def _work(self) -> None:
        while self._core is not None and self._backlog and self.halt is None and not self._is_idle:
            taken, self._backlog = self._backlog, []
            batches = [
                Batch(topic, partition, list(records))
                for (topic, partition), records in itertools.groupby(taken, lambda r: (r.topic, r.partition))
            ]
            try:
                turned = _drive(self._core.turn(batches))
            except BaseException:
                self._backlog = taken + self._backlog
                self.effect = self._core = None
                raise
            left: list[Record] = []
            for batch, handled in itertools.zip_longest(batches, turned.handled, fillvalue=0):
                assert isinstance(batch, Batch)
                left += batch.records[handled:]
                if handled:
                    self._handled[batch.topic, batch.partition] = batch.records[handled - 1].offset + 1
            self._backlog = left + self._backlog
            self.halt = turned.halt
            self._untold.append(turned.changes)
            if not self.effect_is_told_late:
                self.tell_effect()
        self._changed.set()

    def tell_effect(self) -> None:
        """Tell the effect what it was not told yet."""
        self.effect_is_told_late = False
        untold, self._untold = self._untold, []
        for changes in untold:
            if self._core is not None:
                self._core.tell_effect(changes)

    async def crash(self) -> None:
        """The worker dies at once."""
        self.effect = self._core = None
        await self._end_pump()

    async def stop(self) -> None:
        """The worker ends calmly: its outcomes are still taken in while it does."""
        await self._end_pump()
        self.effect = self._core = None

    async def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait for something that rows, posts or the worker's death can bring about."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                if self._task is not None and self._task.done():
                    await self._task
                waker = asyncio.get_running_loop().call_later(0.02, self._changed.set)
                await self._changed.wait()
                waker.cancel()

    @override
    async def post(self, outputs: Sequence[Output]) -> None:
        if self._core is None:
            await self._die()
        self._posts += 1
        phase = self.crash_plan(self._posts, outputs) if self.crash_plan else None
        if phase == "lost":
            await self._die()
        assert self._core is not None
        before = len(self._backlog)
        await self._core.post(outputs)
        if self.turns_held:
            self._held += self._backlog[before:]
            del self._backlog[before:]
        if phase == "published":
            await self._die()
        self._work()
        if phase == "applied":
            await self._die()

    @override
    async def backlog(self, partition: int) -> Position:
        return {topic: self._ends.get((topic, partition), 0) for topic in self._sources}

    @override
    def has_handled(self, partition: int, position: Position) -> bool:
        return all(offset <= self._handled.get((topic, partition), 0) for topic, offset in position.items())

    @override
    def stores(self, partition: int) -> dict[str, PartitionStore]:
        return dict(self.memory[partition])

    @override
    async def ensure_owner(self) -> None:
        """There is no other worker."""

    @override
    async def publish(self, outbox: Sequence[tuple[Output, Record | None]]) -> list[RefusedOutput]:
        """What goes to a topic of the agent's own waits for a turn."""
        refused = [RefusedOutput(origin, "refused") for output, origin in outbox if self._refuses(output)]
        for output, _origin in outbox:
            if self._refuses(output):
                continue
            self.published.append(output)
            if output.topic in self._sources:
                self._append(output)
        return refused

    @override
    async def persist(self, changes: Mapping[int, Mapping[str, RowChanges]]) -> dict[str, int]:
        """Nothing is refused."""
        for partition, tables in changes.items():
            for table, rows in tables.items():
                self.memory[partition][table].apply(rows)
        return {}

    def _append(self, output: Output) -> Record:
        partition = output.partition
        if partition is None:
            partition = zlib.crc32(output.key or b"") % self.partitions
        offset = self._ends.get((output.topic, partition), 0)
        self._ends[output.topic, partition] = offset + 1
        now = self.timestamp_ms
        record = Record(output.topic, partition, offset, now, output.key, output.value, output.headers, now)
        self._backlog.append(record)
        return record

    async def _pause(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def _die(self) -> None:
        self.effect = self._core = None
        self.crashed.set()
        self._changed.set()
        await asyncio.Event().wait()

    async def _end_pump(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _drive(work: Coroutine[Any, Any, Returned]) -> Returned:
    """Run what waits for nothing outside to its end, without an event loop."""
    try:
        while True:
            work.send(None)
    except StopIteration as done:
        answer: Returned = done.value
        return answer
