"""An agent: runs a rule over what a turn has taken, confirms and applies it, and keeps its effect told.

Per turn: (1) outputs and dead letters are confirmed by the broker; (2) then the changelog rows; (3) then rows and
changelog offset go into the local store; (4) then the source offsets are acknowledged; (5) then the agent's effect is
told. Whatever fails before (4) ends the process with code 70: nothing is lost, records repeat. Outputs go before state
on purpose: a rule that ignores what its state has seen already would never send again an output that a crash took.

How records come in and where all of it goes is an `Outside`: Kafka and RocksDB under Faust (`faust_agent`), or memory
(`processors/engine/memory.py`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from processors.engine.breaker import CircuitBreaker
from processors.engine.dead_letters import Graveyard, cut_headers, dead_letter_headers, fault_of
from processors.engine.effect import Effect, RowChanges
from processors.engine.metrics import EngineMetrics
from processors.engine.outside import Outside
from processors.engine.spec import AgentSpec
from processors.engine.turn import Batch, Turn
from processors.engine.view import ROW_BYTES, Output, PartitionStore, Record, with_lineage
from schemas.cloud_events import HeaderList
from schemas.errors import DeadLetterError, FatalError, RetryLaterError
from schemas.letters import letter_id
from schemas.replays import lineage_of
from schemas.topics import LETTERS

RETRY_SECONDS, LONGEST_RETRY_SECONDS = 1.0, 20.0
"""Before a turn is done again: if the error names no time, and at most: a rebalance waits for the turn, and after 60 s
Kafka would no longer wait for us."""
CUT_VALUE_BYTES, CUT_KEY_BYTES = 65_536, 1_024
"""What is kept of a dead letter that the broker refuses for its size."""

log = logging.getLogger(__name__)


class Turned(NamedTuple):
    """A turn that is confirmed and applied, to be acknowledged."""

    handled: Sequence[int]
    """Per batch, in their order: how many of its first records are done with. Shorter when the turn has halted."""
    changes: Mapping[int, Mapping[str, RowChanges]]
    """By partition and table."""
    halt: str | None
    """Why the worker has to stop behind what was handled; ``None``: it goes on."""


TurnListener = Callable[[Iterable[Output]], None]
"""Is told, for the log, what a turn has published once all of the turn is confirmed. Must not block."""


class Agent:
    """One agent of a worker, whoever brings its records."""

    def __init__(
        self,
        spec: AgentSpec,
        effect: Effect,
        outside: Outside,
        metrics: EngineMetrics,
        version: str,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        heard: TurnListener | None = None,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self.spec = spec
        self.effect = effect
        self.handled = 0
        """Records of all turns so far."""
        self.turn_began_at: float | None = None
        """Monotonic; ``None`` between turns, and while one waits to be done again. A turn that never ends is no
        progress."""
        self.waits_because: str | None = None
        """Why the turn in hand is to be done again later."""
        self._outside = outside
        self._metrics = metrics
        self._version = version
        self._pause = pause
        self._heard = heard
        self._breaker = breaker or CircuitBreaker()
        self._graveyard = Graveyard()
        self._row_bytes = dict.fromkeys(spec.tables, ROW_BYTES)
        self._partitions: dict[int, dict[str, PartitionStore]] = {}

    @property
    def partitions(self) -> frozenset[int]:
        """Those that it owns."""
        return frozenset(self._partitions)

    def assign(self, partitions: set[int]) -> None:
        """Take in a new assignment once its tables are recovered; tells the effect what came and what went."""
        for partition in set(self._partitions) - partitions:
            del self._partitions[partition]
            self.effect.revoke(partition)
        for partition in sorted(partitions - set(self._partitions)):
            stores = self._partitions[partition] = self._outside.stores(partition)
            self.effect.load(partition, stores)
        self._metrics.partitions.labels(self.spec.name).set(len(self._partitions))

    async def post(self, outputs: Sequence[Output]) -> None:
        """Publish for the effect (`effect.OwnAgent.post`)."""
        refused = await self._outside.publish([(output, None) for output in outputs])
        if refused:
            raise FatalError(f"{self.spec.name}: the broker refuses an outcome ({refused[0].reason})")

    async def turn(self, batches: Sequence[Batch]) -> Turned:
        """Steps (1) to (3) over what was taken, again and again while a rule asks for it.

        Raises:
            FatalError: nothing may be acknowledged.
        """
        self.assign(set(self._partitions) | {batch.partition for batch in batches})
        buried: set[str] = set()
        while True:
            self.turn_began_at = began = time.monotonic()
            turn = Turn(self.effect.rule, self._breaker.copy(), self._row_bytes)
            try:
                for batch in batches:
                    turn.handle(batch, self._partitions[batch.partition])
                    if turn.halt is not None:
                        break
                    await asyncio.sleep(0)  # fetching, commits and probes go on
            except RetryLaterError as error:
                await self._wait(error)
                continue
            await self._outside.ensure_owner()
            await self._publish(turn, buried)
            changes = {partition: view.changes for partition, view in turn.views.items()}
            if refused := await self._outside.persist(changes):
                self._learn(refused)
                continue
            self._breaker = turn.breaker
            self._count(turn, batches, time.monotonic() - began)
            if self._heard is not None:
                self._heard(output for output, _origin in turn.outbox)
            self.turn_began_at = None
            return Turned(turn.handled, changes, turn.halt)

    def tell_effect(self, changes: Mapping[int, Mapping[str, RowChanges]]) -> None:
        """Step (5)."""
        for partition, tables in changes.items():
            if partition in self._partitions and any(tables.values()):
                self.effect.applied(partition, tables)

    async def _wait(self, error: RetryLaterError) -> None:
        seconds = RETRY_SECONDS if error.after_seconds is None else error.after_seconds
        seconds = min(max(seconds, 0.0), LONGEST_RETRY_SECONDS)
        log.warning("turn again", extra={"agent": self.spec.name, "in_seconds": seconds, "reason": str(error)})
        self._metrics.retries.labels(self.spec.name).inc()
        self.turn_began_at, self.waits_because = None, str(error)
        try:
            await self._pause(seconds)
        finally:
            self.waits_because = None

    def _learn(self, refused: Mapping[str, int]) -> None:
        """A changelog takes less than it should: the turn is done again, and rows so large are their record's fault."""
        for table, size in refused.items():
            self._row_bytes[table] = min(self._row_bytes[table], size - 1)
            log.error("row refused by its changelog", extra={
                "table": table, "bytes": size, "next": "raise the changelog's max.message.bytes to 4194304",
            })  # fmt: skip

    async def _publish(self, turn: Turn, buried: set[str]) -> None:
        """Outputs, then the dead letters: a record whose output is refused is one, however many are.

        `buried`: sources of the records whose letters this turn has sent, when it is done again; those of now come in.
        """
        dead: set[str] = set()
        for refused in await self._outside.publish(list(turn.outbox)):
            if refused.origin is not None and refused.origin.source not in dead:
                dead.add(refused.origin.source)
                error = DeadLetterError(f"output refused: {refused.reason}", label="too_large")
                turn.dead.append((refused.origin, error))
        fresh = [(record, error) for record, error in turn.dead if record.source not in buried]
        if fresh:
            await self._bury(fresh)
        buried.update(record.source for record, _error in fresh)

    async def _bury(self, dead: Sequence[tuple[Record, BaseException]]) -> None:
        """Original key, value and headers to the dead-letter topic; of what is too large for it the beginning.

        A record whose letter lies there already is counted in `ops.letters.v1` instead.
        """
        letters: list[tuple[Record, HeaderList]] = []
        repeats: list[tuple[Output, Record]] = []
        for record, error in dead:
            fault = fault_of(error, stage=self.spec.name, at_ms=time.time_ns() // 1_000_000, version=self._version)
            repeat = self._graveyard.repeat_of(record, fault)
            if repeat is None:
                letters.append((record, dead_letter_headers(record, fault)))
            else:
                output = Output.of(LETTERS.name, repeat.record_key, repeat)
                repeats.append((with_lineage(output, lineage_of(record.headers)), record))
            log.warning("dead letter", extra={
                "stage": fault.stage, "source": record.source, "label": fault.label, "reason": fault.reason,
                **({"attempts": repeat.attempts} if repeat else {}),
                "next": f"rollcall dlq show {letter_id(record.topic, record.key, record.value)}",
            })  # fmt: skip
        refused = await self._outside.publish(
            [(_letter(record, record.key, record.value, headers), record) for record, headers in letters] + repeats
        )
        if not refused:
            return
        too_large = {id(output.origin) for output in refused}
        uncut = [letter for letter in letters if id(letter[0]) in too_large]
        cut = [(_cut(record, cut_headers(record, headers)), record) for record, headers in uncut]
        if refused := await self._outside.publish(cut):
            raise FatalError(f"a dead letter was refused: {refused[0].reason}; raise the topic's max.message.bytes")

    def _count(self, turn: Turn, batches: Sequence[Batch], seconds: float) -> None:
        metrics, name = self._metrics, self.spec.name
        for batch, handled in zip(batches, turn.handled, strict=False):  # a halted turn has not come to all of them
            self.handled += handled
            metrics.records.labels(name, batch.topic).inc(handled)
        for record, _error in turn.dead:
            metrics.dead_letters.labels(name, record.topic).inc()
        for topic, skipped in turn.skipped.items():
            metrics.skipped.labels(name, topic).inc(skipped)
        metrics.outputs.labels(name).inc(len(turn.outbox))
        metrics.changes.labels(name).inc(
            sum(len(rows) for view in turn.views.values() for rows in view.changes.values())
        )
        metrics.turn_seconds.labels(name).observe(seconds)


def _letter(record: Record, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> Output:
    return Output(f"{record.topic}.dlq", key, value, tuple(headers))


def _cut(record: Record, headers: Sequence[tuple[str, bytes]]) -> Output:
    key = record.key if len(record.key or b"") <= CUT_KEY_BYTES else None
    value = record.value if record.value is None else record.value[:CUT_VALUE_BYTES]
    return _letter(record, key, value, headers)
