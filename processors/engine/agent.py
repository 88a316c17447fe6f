"""A batched Faust agent: takes what is queued, runs a rule over it, confirms, applies and acknowledges, in that order.

Per turn: (1) outputs and dead letters are confirmed by the broker; (2) then the changelog rows; (3) then rows and
changelog offset go into the local store; (4) then the source offsets are acknowledged for Faust's own commit; (5) then
the agent's effect is told. Whatever fails before (4) ends the process with code 70: nothing is lost, records repeat.
Outputs go before state on purpose: a rule that ignores what its state has seen already would never send again an output
that a crash took.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import faust
from aiokafka.errors import KafkaError
from faust.types.tuples import TP

from processors.engine.dead_letters import CircuitBreaker, cut_headers, dead_letter_headers
from processors.engine.delivery import Delivery, Refused, Row
from processors.engine.effect import Effect
from processors.engine.faust_consumer import BatchSchema, committed_offset
from processors.engine.faust_tables import TablePartition, declare_table
from processors.engine.metrics import EngineMetrics
from processors.engine.view import Output, Record, Rule, TurnView
from schemas.cloud_events import Headers
from schemas.errors import DeadLetterError, FatalError, RetryLaterError
from schemas.topics import Topic

MAX_BATCHES = 16
QUEUED_BATCHES = 16
CUT_VALUE_BYTES, CUT_KEY_BYTES = 65_536, 1_024
"""What is kept of a dead letter that the broker refuses for its size."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """What an agent reads, what it keeps and which rule it runs."""

    name: str
    sources: tuple[Topic, ...]
    tables: tuple[str, ...]
    rule: Rule
    effect: Effect | None = None


@dataclass(slots=True)
class Engine:
    """What all agents of a worker share."""

    app: faust.App
    delivery: Delivery
    metrics: EngineMetrics
    prefix: str
    """Put before every logical topic name."""
    partitions: int
    version: str
    stop: Callable[[str], None]
    """Ends the process at once, unacknowledged (code 70)."""


@dataclass(slots=True)
class _Turn:
    """What one turn has gathered."""

    views: dict[int, TurnView] = field(default_factory=dict)
    dead: list[tuple[Record, BaseException]] = field(default_factory=list)
    handled: int = 0


class BatchAgent:
    """Registers one agent with Faust and carries its batches through."""

    def __init__(self, engine: Engine, spec: AgentSpec) -> None:
        self.spec = spec
        self._engine = engine
        self._logical = {topic.physical(engine.prefix): topic for topic in spec.sources}
        self._tables = {name: declare_table(engine.app, name, engine.partitions) for name in spec.tables}
        self._partitions: dict[int, dict[str, TablePartition]] = {}
        self._breaker = CircuitBreaker()
        self._handled: dict[tuple[str, int], int] = {}  # (physical topic, partition) -> offset behind the last record
        self.handled = 0
        """Records of all turns so far."""
        self.turn_began_at: float | None = None
        """Monotonic; ``None`` between turns. A turn that never ends is no progress."""
        source = engine.app.topic(
            *self._logical,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
            partitions=engine.partitions,
            maxsize=QUEUED_BATCHES,
        )
        source.schema = BatchSchema(key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

        async def agent(stream: Any) -> None:
            await self._run(stream)

        engine.app.agent(source, name=spec.name, concurrency=1)(agent)

    @property
    def changelogs(self) -> tuple[str, ...]:
        """Physical names of the changelog topics."""
        return tuple(table.changelog_topic.get_topic_name() for table in self._tables.values())

    def assign(self, partitions: set[int]) -> None:
        """Take in a new assignment once its tables are recovered; tells the effect what came and what went."""
        for partition in set(self._partitions) - partitions:
            del self._partitions[partition]
            if self.spec.effect:
                self.spec.effect.revoke(partition)
        for partition in sorted(partitions - set(self._partitions)):
            stores = {name: TablePartition(table, partition) for name, table in self._tables.items()}
            self._partitions[partition] = stores
            if self.spec.effect:
                self.spec.effect.load(partition, stores)
        self._engine.metrics.partitions.labels(self.spec.name).set(len(self._partitions))

    async def ends(self, partition: int) -> dict[str, int]:
        """Asks Kafka: per source topic (physical) the offset behind the partition's last record.

        Raises:
            RetryLaterError: Kafka does not answer.
        """
        consumer = self._engine.app.consumer
        try:
            answer = await consumer.highwaters(*(TP(topic, partition) for topic in self._logical))
        except (KafkaError, TimeoutError) as exc:
            raise RetryLaterError(f"Kafka does not tell where the topics of {self.spec.name} end") from exc
        return {tp.topic: offset for tp, offset in answer.items()}

    def has_handled(self, partition: int, position: Mapping[str, int]) -> bool:
        """Whether everything before `position` was handled (or acknowledged before this worker came)."""
        return all(offset <= self._position(topic, partition) for topic, offset in position.items())

    def lag(self) -> int:
        """Records of its partitions that are not handled yet, as far as the last fetches told."""
        consumer = self._engine.app.consumer
        return sum(
            max(0, (consumer.highwater(TP(topic, partition)) or 0) - self._position(topic, partition))
            for partition in self._partitions
            for topic in self._logical
        )

    def _position(self, topic: str, partition: int) -> int:
        committed = committed_offset(self._engine.app, topic, partition)
        return max(committed, self._handled.get((topic, partition), 0))

    def revoke_all(self) -> None:
        """Every partition may be another worker's by now."""
        self.assign(set())

    async def post(self, outputs: Sequence[Output]) -> None:
        """Publish an effect's outcomes, confirmed (`effect.Post`)."""
        refused = await self._publish([(output, None) for output in outputs])
        if refused:
            raise FatalError(f"{self.spec.name}: the broker refuses an outcome ({refused[0].reason})")

    async def _run(self, stream: Any) -> None:
        app, queue = self._engine.app, stream.channel.queue
        while True:
            try:
                events = [await queue.get()]
            except StopAsyncIteration:
                return  # Faust's way to say that the stream has ended
            while len(events) < MAX_BATCHES and not queue.empty():
                events.append(queue.get_nowait())
            # What a rebalance overtook is dropped unacknowledged and read again. There is no await between this check
            # and the tracking, from which on Faust waits for the acknowledgement before it gives a partition away.
            generation = app.consumer_generation_id
            ours = app.flow_control.is_active()
            messages = [e.message for e in events if ours and e.message.generation_id == generation]
            for message in messages:
                message.tracked = True
                app.consumer.track_message(message)
            if not messages:
                continue
            try:
                changes = await self._turn(messages)
            except Exception as exc:
                # Whatever it is, nothing may be acknowledged; a cancelled agent acknowledges nothing either.
                log.exception("turn failed")
                self._engine.stop(f"{self.spec.name}: {type(exc).__name__}: {exc}")
                return
            for message in messages:
                message.ack(app.consumer)
                self._handled[message.topic, message.partition] = message.offset + 1
                self.handled += len(message.value)
            self._tell_effect(changes)

    def _tell_effect(self, changes: Mapping[int, TurnView]) -> None:
        if self.spec.effect is None:
            return
        for partition, view in changes.items():
            if partition in self._partitions and any(view.changes.values()):
                self.spec.effect.applied(partition, view.changes)

    async def _turn(self, messages: list[Any]) -> dict[int, TurnView]:
        self.turn_began_at = time.monotonic()
        self.assign(set(self._partitions) | {message.partition for message in messages})
        turn = _Turn()
        for message in messages:
            self._handle_batch(message, turn)
            await asyncio.sleep(0)  # fetching, commits and probes go on
        outbox = [each for view in turn.views.values() for each in view.outbox]
        refused = await self._publish(outbox)
        turn.dead.extend((row.row.origin, DeadLetterError(f"output refused: {row.reason}")) for row in refused)
        await self._bury(turn.dead)
        self._breaker.check()
        await self._engine.delivery.ensure_owner()
        await asyncio.gather(
            *(self._persist(name, p, view.changes[name]) for p, view in turn.views.items() for name in self._tables)
        )
        metrics, name = self._engine.metrics, self.spec.name
        metrics.outputs.labels(name).inc(len(outbox))
        metrics.turn_seconds.labels(name).observe(time.monotonic() - self.turn_began_at)
        self.turn_began_at = None
        return turn.views

    def _handle_batch(self, message: Any, turn: _Turn) -> None:
        topic = self._logical[message.topic]
        view = turn.views.get(message.partition)
        if view is None:
            stores = self._partitions[message.partition]
            view = turn.views[message.partition] = TurnView(message.partition, dict(stores))
        handle, died_before = self.spec.rule.handle, len(turn.dead)
        taken_ms = int(time.time() * 1000)
        for raw in message.value:
            record = Record(
                topic.name, raw.partition, raw.offset, raw.timestamp, raw.key, raw.value, _whole(raw.headers), taken_ms
            )
            try:
                handle(record, view)
            except Exception as exc:  # noqa: BLE001 (a poison record must not stop its batch)
                view.discard()
                turn.dead.append((record, exc))
                self._breaker.dead()
                log.warning(
                    "dead letter agent=%s source=%s/%d/%d error=%s",
                    self.spec.name, topic.name, raw.partition, raw.offset, type(exc).__name__,
                )  # fmt: skip
            else:
                view.commit(record)
        self._breaker.handled(len(message.value) - (len(turn.dead) - died_before))
        self._engine.metrics.records.labels(self.spec.name, topic.name).inc(len(message.value))

    async def _persist(self, name: str, partition: int, rows: Mapping[bytes, bytes | None]) -> None:
        """Changelog rows (the last value per key), confirmed; then the same rows and their offset into the store."""
        if not rows:
            return
        table = self._tables[name]
        changelog = table.changelog_topic.get_topic_name()
        offset, refused = await self._engine.delivery.send(
            changelog, partition, [Row(key, value) for key, value in rows.items()]
        )
        if refused:
            raise FatalError(f"changelog of {name} refused a row of {len(refused[0].row.value or b'')} bytes")
        TablePartition(table, partition).apply(rows, offset)
        self._engine.metrics.changes.labels(self.spec.name).inc(len(rows))

    async def _publish(self, outbox: Sequence[tuple[Output, Record | None]]) -> list[Refused]:
        by_topic: dict[str, dict[int, list[Row]]] = {}
        prefix, partition_of = self._engine.prefix, self._engine.delivery.partition_of
        for output, origin in outbox:
            partition = output.partition
            if partition is None:
                partition = partition_of(output.key or b"")
            rows = by_topic.setdefault(prefix + output.topic, {}).setdefault(partition, [])
            rows.append(Row(output.key, output.value, output.headers, origin))
        answers = await asyncio.gather(*(self._engine.delivery.publish(t, rows) for t, rows in by_topic.items()))
        return [refused for answer in answers for refused in answer]

    async def _bury(self, dead: Sequence[tuple[Record, BaseException]]) -> None:
        """Original key, value and headers to the dead-letter topic, of which what is too large for it is cut."""
        outbox = []
        for record, error in dead:
            headers = dead_letter_headers(record, agent=self.spec.name, error=error, version=self._engine.version)
            outbox.append((Output(f"{record.topic}.dlq", record.key, record.value, tuple(headers)), record))
            self._engine.metrics.dead_letters.labels(self.spec.name, record.topic).inc()
        refused = await self._publish(outbox) if outbox else []
        if refused:
            too_large = {id(each.row.origin) for each in refused}
            cut = [(_cut(letter, record), record) for letter, record in outbox if id(record) in too_large]
            if refused := await self._publish(cut):
                raise FatalError(f"a dead letter was refused: {refused[0].reason}; raise the topic's max.message.bytes")


def _cut(letter: Output, record: Record) -> Output:
    """A dead letter that the broker refuses for its size: where it came from, and the beginning of its value."""
    key = letter.key if len(letter.key or b"") <= CUT_KEY_BYTES else None
    value = letter.value if letter.value is None else letter.value[:CUT_VALUE_BYTES]
    return Output(letter.topic, key, value, tuple(cut_headers(record, list(letter.headers))))


def _whole(headers: Sequence[tuple[str, bytes | None]]) -> Headers:
    """Headers as rules get them: Kafka allows a value that is null, which says no more than an empty one."""
    return tuple((name, b"" if value is None else value) for name, value in headers)
