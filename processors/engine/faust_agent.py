"""A batched Faust agent: brings what is queued to an `Agent`, and acknowledges what it has confirmed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka.errors import KafkaError
from faust.types.tuples import TP
from typing_extensions import override

from processors.engine.agent import Agent, Turned, TurnListener
from processors.engine.confirmed_publisher import Row
from processors.engine.effect import Effect, OwnAgent, Position, RowChanges
from processors.engine.faust_consumer import BatchSchema, committed_offset
from processors.engine.faust_engine import Engine
from processors.engine.faust_tables import TablePartition, declare_table
from processors.engine.halt import Halt
from processors.engine.outside import Outside, RefusedOutput
from processors.engine.spec import AgentSpec
from processors.engine.states import state_headers
from processors.engine.turn import Batch
from processors.engine.view import Output, PartitionStore, Record
from schemas.cloud_events import Headers
from schemas.errors import FatalError, RetryLaterError

MAX_BATCHES = 16
"""Of one turn: with a thousand records each far below the rebalance time-out, and enough to share its confirmations."""
QUEUED_BATCHES = 16
"""As many wait while a turn is confirmed, so that the next one is full."""

log = logging.getLogger(__name__)


class BatchAgent(Outside, OwnAgent):
    """Registers one agent with Faust and carries its batches through (`effect.OwnAgent`, `agent.Outside`)."""

    def __init__(self, engine: Engine, spec: AgentSpec, effect: Effect, *, heard: TurnListener | None = None) -> None:
        self.spec, self.effect = spec, effect
        self.core = Agent(spec, effect, self, engine.metrics, engine.version, heard=heard, breaker=engine.breaker())
        self.halt: Halt | None = None
        """Where its breaker has stopped it; the worker is to end."""
        self._engine = engine
        names = engine.names
        self._logical = {source: topic.name for topic in spec.sources for source in names.sources(topic.name)}
        self._tables = {
            name: declare_table(engine.app, names.table(name), engine.partitions, names.changelog(name), engine.stop)
            for name in spec.tables
        }
        self._handled: dict[tuple[str, int], int] = {}  # (physical topic, partition) -> offset behind the last record
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
    def tables(self) -> list[Any]:
        """As Faust has them."""
        return list(self._tables.values())

    @override
    def stores(self, partition: int) -> dict[str, PartitionStore]:
        return {name: TablePartition(table, partition) for name, table in self._tables.items()}

    @override
    async def ensure_owner(self) -> None:
        await self._engine.publisher.ensure_owner()

    @override
    async def publish(self, outbox: Sequence[tuple[Output, Record | None]]) -> list[RefusedOutput]:
        by_topic: dict[str, dict[int, list[Row]]] = {}
        names, partition_of = self._engine.names, self._engine.publisher.partition_of
        for output, origin in outbox:
            partition = output.partition
            if partition is None:
                partition = partition_of(output.key or b"")
            rows = by_topic.setdefault(names.topic(output.topic), {}).setdefault(partition, [])
            headers = [*output.headers, *state_headers(output.topic, names.state)]
            rows.append(Row(output.key, output.value, headers, origin))
        answers = await asyncio.gather(*(self._engine.publisher.publish(t, rows) for t, rows in by_topic.items()))
        return [RefusedOutput(refused.row.origin, refused.reason) for answer in answers for refused in answer]

    @override
    async def persist(self, changes: Mapping[int, Mapping[str, RowChanges]]) -> dict[str, int]:
        """Writes the local store last."""
        wanted = [(name, p, rows) for p, tables in changes.items() for name, rows in tables.items() if rows]
        answers = await asyncio.gather(*(self._log(*write) for write in wanted))
        refused: dict[str, int] = {}
        for (name, _partition, _rows), (_offset, rows_refused) in zip(wanted, answers, strict=True):
            for row in rows_refused:
                size = len(row.key or b"") + len(row.value or b"")
                refused[name] = min(size, refused.get(name, size))
        if refused:
            await asyncio.gather(
                *(self._take_back(*write, bad) for write, (_, bad) in zip(wanted, answers, strict=True))
            )
            return refused
        for (name, partition, rows), (offset, _none) in zip(wanted, answers, strict=True):
            TablePartition(self._tables[name], partition).apply(rows, offset)
        return {}

    async def _log(self, name: str, partition: int, rows: RowChanges) -> tuple[int, list[Row]]:
        """Write the last value per key to the changelog: its last offset, and the rows that it refuses."""
        changelog = self._tables[name].changelog_topic.get_topic_name()
        offset, refused = await self._engine.publisher.send(
            changelog, partition, [Row(key, value) for key, value in rows.items()], as_owner=True
        )
        return offset, [refusal.row for refusal in refused]

    async def _take_back(self, name: str, partition: int, rows: RowChanges, refused: Sequence[Row]) -> None:
        """Where one row is refused no other of the turn may count: its record is a dead letter, and is done no more.

        Raises:
            FatalError: the changelog refuses what it took before.
        """
        store, left_out = TablePartition(self._tables[name], partition), {row.key for row in refused}
        before = {key: store.get(key) for key in rows if key not in left_out}
        if not before:
            return
        offset, refused_again = await self._log(name, partition, before)
        if refused_again:
            raise FatalError(f"the changelog of {name} refuses a row that it took before; raise its max.message.bytes")
        store.apply({}, offset)

    @override
    async def post(self, outputs: Sequence[Output]) -> None:
        await self.core.post(outputs)

    @override
    async def backlog(self, partition: int) -> Position:
        consumer = self._engine.app.consumer
        try:
            answer = await consumer.highwaters(*(TP(topic, partition) for topic in self._logical))
        except (KafkaError, TimeoutError) as exc:
            raise RetryLaterError(f"Kafka does not tell where the topics of {self.spec.name} end") from exc
        return {tp.topic: offset for tp, offset in answer.items()}

    @override
    def has_handled(self, partition: int, position: Position) -> bool:
        return all(offset <= self._position(topic, partition) for topic, offset in position.items())

    def lag(self) -> int:
        """Records of its partitions that are not handled yet, as far as the last fetches told."""
        consumer = self._engine.app.consumer
        return sum(
            max(0, (consumer.highwater(TP(topic, partition)) or 0) - self._position(topic, partition))
            for partition in self.core.partitions
            for topic in self._logical
        )

    def _position(self, topic: str, partition: int) -> int:
        committed = committed_offset(self._engine.app, topic, partition)
        return max(committed, self._handled.get((topic, partition), 0))

    async def _run(self, stream: Any) -> None:
        queue = stream.channel.queue
        while self.halt is None:
            try:
                events = [await queue.get()]
            except StopAsyncIteration:
                return  # Faust's way to say that the stream has ended
            while len(events) < MAX_BATCHES and not queue.empty():
                events.append(queue.get_nowait())
            if not (messages := self._ours(events)):
                continue
            taken_ms = int(time.time() * 1000)
            try:
                turned = await self.core.turn([self._batch(message, taken_ms) for message in messages])
            except FatalError as told:
                self._engine.stop(f"{self.spec.name}: {told}")
                return
            except Exception as exc:
                # Whatever it is, nothing may be acknowledged; a cancelled agent acknowledges nothing either.
                log.exception("turn failed", extra={"agent": self.spec.name})
                self._engine.stop(f"{self.spec.name}: {type(exc).__name__}: {exc}")
                return
            self._acknowledge(messages, turned)
            self.core.tell_effect(turned.changes)
            if self._engine.history.paced is not None:
                await self._engine.history.paced(self._historic(messages))

    def _ours(self, events: Sequence[Any]) -> list[Any]:
        """The messages to work on. What a rebalance overtook is dropped unacknowledged and read again.

        There is no await between this check and the tracking, from which on Faust waits for the acknowledgement before
        it gives a partition away.
        """
        app = self._engine.app
        generation, ours = app.consumer_generation_id, app.flow_control.is_active()
        messages = [event.message for event in events if ours and event.message.generation_id == generation]
        for message in messages:
            message.tracked = True
            app.consumer.track_message(message)
        return messages

    def _historic(self, messages: Sequence[Any]) -> int:
        topics = self._engine.history.topics
        return sum(len(message.value) for message in messages if self._logical[message.topic] in topics)

    def _batch(self, message: Any, taken_ms: int) -> Batch:
        topic = self._logical[message.topic]
        is_historic = topic in self._engine.history.topics
        records = [
            Record(
                topic, raw.partition, raw.offset, raw.timestamp, raw.key, raw.value, _whole(raw.headers),
                raw.timestamp if is_historic else taken_ms,
            )
            for raw in message.value
        ]  # fmt: skip
        return Batch(topic, message.partition, records)

    def _acknowledge(self, messages: Sequence[Any], turned: Turned) -> None:
        """What is handled, to the record; what a halted turn has not come to is left to who goes on."""
        consumer = self._engine.app.consumer
        for number, message in enumerate(messages):
            handled = turned.handled[number] if number < len(turned.handled) else 0
            if handled < len(message.value) and self.halt is None:
                self.halt = self._halted(message.value[handled], turned.halt or "")
            if not handled:
                message.give_back(consumer)
                continue
            message.shorten(handled)
            message.ack(consumer)
            self._handled[message.topic, message.partition] = message.offset + 1
        if turned.halt is not None and self.halt is None:
            self.halt = self._halted(None, turned.halt)

    def _halted(self, first: Any | None, reason: str) -> Halt:
        source = "the end of its topics"
        if first is not None:
            source = f"{self._logical[first.topic]}/{first.partition}/{first.offset}"
        return Halt(self.spec.name, source, reason, datetime.now(UTC).isoformat(timespec="seconds"))


def _whole(headers: Sequence[tuple[str, bytes | None]]) -> Headers:
    """Headers as rules get them: Kafka allows a value that is null, which says no more than an empty one."""
    for _name, value in headers:  # of every record: next to none has such a value
        if value is None:
            return tuple((name, value or b"") for name, value in headers)
    return tuple(headers)  # type: ignore[arg-type] # no value is None
