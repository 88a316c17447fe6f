"""The view that a turn gives its rules: confirmed rows below, what the turn has written above. PURE."""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from typing_extensions import override

from processors.engine.view import ROW_BYTES, Output, PartitionStore, Record, View, with_lineage
from schemas.cloud_events import Headers, caused_by, tombstone_headers
from schemas.errors import DeadLetterError
from schemas.model import Message
from schemas.replays import REPLAY_OF, Lineage, ReplayNews
from schemas.topics import REPLAYS

_UNWRITTEN: Any = object()
"""Instead of what a turn has written, where it has written nothing; ``None`` is a deletion."""


class TurnView(View):
    """The view of one partition during one turn.

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
