"""What a rule sees: the tables of its record's partition with the turn's own changes on top, and an outbox. PURE."""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, Self

from typing_extensions import override

from schemas.cloud_events import Headers, caused_by, event_headers, tombstone_headers
from schemas.errors import DeadLetterError
from schemas.model import Message
from schemas.replays import REPLAY_OF, Lineage, ReplayNews
from schemas.topic import MIB
from schemas.topics import REPLAYS

ROW_BYTES = 3 * MIB
"""Of a row's key and value together; changelogs take 4 MiB (runtime/topics.py), headers and batch included."""
_UNWRITTEN: Any = object()
"""Instead of what a turn has written, where it has written nothing; ``None`` is a deletion."""


class Record(NamedTuple):
    """One record of a topic as a rule gets it."""

    topic: str
    """Logical name (schemas/topics.py), without the installation's prefix."""
    partition: int
    offset: int
    timestamp_ms: int
    """Kafka's record time: milliseconds since 1970."""
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    taken_ms: int = 0
    """Wall clock of the worker when it took the record, milliseconds since 1970: when it learned of it."""

    @property
    def source(self) -> str:
        """Where it lies, which no other record does."""
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Output:
    """One record to publish; the partition follows from the key as any producer chooses it.

    `Output.of` makes one of a message; by hand only what is passed on as it came (a dead letter).
    """

    topic: str
    """Logical name."""
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None
    """Only where the key does not say it: of messages of an agent to itself, and of what every partition is told."""

    @classmethod
    def of(cls, topic: str, key: bytes | None, message: Message, *, partition: int | None = None) -> Self:
        """The message as it lies on the topic, with the headers that say what it is."""
        value = message.to_bytes()
        return cls(topic, key, value, event_headers(topic, key, message, value), partition)


def with_lineage(output: Output, lineage: Lineage | None) -> Output:
    """The same with the lineage of what it follows from."""
    return output if lineage is None else replace(output, headers=output.headers + lineage.headers)


class PartitionStore(Protocol):
    """The confirmed rows of one table in one partition."""

    def get(self, key: bytes) -> bytes | None:
        """The row's value, ``None`` when there is none."""

    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows whose key begins with `prefix` and is at least `start`, in order of the key's bytes."""


class View(Protocol):
    """A rule's only way to the world. Reads see the writes of this record and of earlier ones of the turn."""

    partition: int
    lineage: Lineage | None
    """The record's; what is sent has it, too. A rule that goes on with work from a row sets it to the row's."""

    def get(self, table: str, key: bytes) -> bytes | None:
        """The row's value, ``None`` when there is none."""

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """Write a row. Values are small: one person, one bucket.

        Raises:
            DeadLetterError: the row is larger than its changelog takes; that is the fault of the record in hand.
        """

    def delete(self, table: str, key: bytes) -> None:
        """Remove a row; no error when there is none."""

    def scan(self, table: str, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Rows under `prefix` from `start` on, in key order. Rows written while it runs may or may not appear."""

    def send(self, topic: str, key: bytes | None, message: Message, *, partition: int | None = None) -> None:
        """Publish once the turn is confirmed; `topic` is a logical name, `partition` as that of an `Output`."""

    def send_tombstone(self, topic: str, key: bytes, model: type[Message]) -> None:
        """Publish that nothing of `model` stands under the key any more, on a compacted topic."""

    def pass_on(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Publish somebody else's record, which is no message of ours, with the headers that it came with."""

    def learned(self) -> None:
        """The record told a fact that was not known. Of a copy that a replay has made this is published."""


class Rule(Protocol):
    """Plain synchronous code over one record. It decides and does no I/O."""

    def handle(self, record: Record, view: View) -> None:
        """Read and write the tables, send outputs. The same record again must lead to the same state.

        Raises:
            SkipError: the record is acknowledged and counted; what it wrote and sent is forgotten.
            RetryLaterError: the turn is done again after `after_seconds`.
            FatalError: the worker stops, nothing of the turn acknowledged.
            Exception: any other, `DeadLetterError` above all, makes a dead letter of the record.
        """


class TurnView(View):
    """The view of one partition during one turn: confirmed rows below, the turn's changes above.

    `commit` keeps what the record in hand wrote and sent, `discard` takes it back (its rule raised).
    """

    __slots__ = (
        "_has_learned", "_ordered", "_overwritten", "_row_bytes", "_rows", "_sent", "changes", "lineage", "outbox",
        "partition", "stores",
    )  # fmt: skip

    def __init__(
        self, partition: int, stores: dict[str, PartitionStore], row_bytes: Mapping[str, int] | None = None
    ) -> None:
        self.partition = partition
        self.stores = stores
        self._row_bytes = row_bytes or dict.fromkeys(stores, ROW_BYTES)  # by table
        self.changes: dict[str, dict[bytes, bytes | None]] = {table: {} for table in stores}
        """Table -> key -> value (``None``: deleted), of the records handled so far and the one in hand."""
        self.outbox: list[tuple[Output, Record]] = []
        """What to publish, each with the record it came from."""
        # Rows as they were read, or written since: the records of one session read some of them each time.
        self._rows: dict[str, dict[bytes, bytes | None]] = {table: {} for table in stores}
        # What the record in hand wrote over: table, key, and what the turn had written before.
        self._overwritten: list[tuple[str, bytes, Any]] = []
        self._sent: list[Output] = []
        self._has_learned = False
        self.lineage: Lineage | None = None
        self._ordered: dict[str, list[bytes]] = {}  # keys of `changes` in order, only of tables that were scanned

    @override
    def get(self, table: str, key: bytes) -> bytes | None:
        rows = self._rows[table]
        if key in rows:
            return rows[key]
        value = rows[key] = self.stores[table].get(key)
        return value

    @override
    def put(self, table: str, key: bytes, value: bytes) -> None:
        if len(key) + len(value) > self._row_bytes[table]:
            raise DeadLetterError(
                f"a row of {len(key) + len(value)} bytes is more than the changelog of {table} takes"
                f" ({self._row_bytes[table]})",
                label="too_large",
            )
        self._write(table, key, value)

    @override
    def delete(self, table: str, key: bytes) -> None:
        self._write(table, key, None)

    def _write(self, table: str, key: bytes, value: bytes | None) -> None:
        changes = self.changes[table]
        before = changes.get(key, _UNWRITTEN)
        self._overwritten.append((table, key, before))
        changes[key] = self._rows[table][key] = value
        if before is _UNWRITTEN and table in self._ordered:
            bisect.insort(self._ordered[table], key)

    @override
    def scan(self, table: str, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The confirmed rows merged with the turn's changes."""
        changes, fresh = self.changes[table], dict[bytes, bytes | None]()
        if table not in self._ordered:
            self._ordered[table] = sorted(changes)
        ordered = self._ordered[table]
        for key in itertools.islice(ordered, bisect.bisect_left(ordered, max(prefix, start)), None):
            if not key.startswith(prefix):
                break
            fresh[key] = changes[key]
        confirmed = ((k, v) for k, v in self.stores[table].scan(prefix, start) if k not in fresh)
        written = ((k, v) for k, v in fresh.items() if v is not None)
        return heapq.merge(confirmed, written)

    @override
    def send(self, topic: str, key: bytes | None, message: Message, *, partition: int | None = None) -> None:
        self._sent.append(with_lineage(Output.of(topic, key, message, partition=partition), self.lineage))

    @override
    def send_tombstone(self, topic: str, key: bytes, model: type[Message]) -> None:
        self._sent.append(with_lineage(Output(topic, key, None, tombstone_headers(topic, key, model)), self.lineage))

    @override
    def pass_on(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        self._sent.append(Output(topic, key, value, headers))

    @override
    def learned(self) -> None:
        self._has_learned = self.lineage is not None

    def commit(self, record: Record) -> None:
        """Keep what `record` wrote and sent."""
        self._overwritten.clear()
        if self._has_learned:
            self._tell_news(record)
        if self._sent:
            for output in self._sent:
                headers = caused_by(output.headers, record.source)
                self.outbox.append((Output(output.topic, output.key, output.value, headers, output.partition), record))
            self._sent = []

    def _tell_news(self, record: Record) -> None:
        self._has_learned = False
        original = dict(record.headers).get(REPLAY_OF)
        if self.lineage is not None and original is not None:  # what merely follows from a copy is no copy
            news = ReplayNews(replay_id=self.lineage.replay_id, original=original.decode(errors="replace"))
            self._sent.append(Output.of(REPLAYS.name, news.replay_id.encode(), news))

    def discard(self) -> None:
        """Take back what the record in hand wrote and sent."""
        self._has_learned = False
        for table, key, before in reversed(self._overwritten):
            if before is not _UNWRITTEN:
                self.changes[table][key] = self._rows[table][key] = before
            else:
                del self.changes[table][key], self._rows[table][key]
                self._ordered.pop(table, None)
        self._overwritten.clear()
        self._sent.clear()
