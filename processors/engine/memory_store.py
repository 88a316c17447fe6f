"""A table's partition in a dict, and a rule's turn over it: for rules alone, without an engine."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Mapping, Sequence

from typing_extensions import override

from processors.engine.breaker import CircuitBreaker
from processors.engine.turn import Batch, Turn
from processors.engine.view import ROW_BYTES, Output, PartitionStore, Record, Rule


class MemoryStore(PartitionStore):
    """A table's rows in memory, in order of their keys (`view.PartitionStore`)."""

    def __init__(self, rows: dict[bytes, bytes] | None = None) -> None:
        self.rows: dict[bytes, bytes] = dict(rows or {})
        self._ordered = sorted(self.rows)

    @override
    def get(self, key: bytes) -> bytes | None:
        return self.rows.get(key)

    @override
    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        for key in itertools.islice(self._ordered, bisect.bisect_left(self._ordered, max(prefix, start)), None):
            if not key.startswith(prefix):
                return
            yield key, self.rows[key]

    def apply(self, rows: Mapping[bytes, bytes | None]) -> None:
        """Take over a turn's changes."""
        for key, value in rows.items():
            if value is not None:
                if key not in self.rows:
                    bisect.insort(self._ordered, key)
                self.rows[key] = value
            elif self.rows.pop(key, None) is not None:
                del self._ordered[bisect.bisect_left(self._ordered, key)]


def run_turn(rule: Rule, records: Sequence[Record], stores: Mapping[str, MemoryStore]) -> list[Output]:
    """One turn of a rule over records of one partition; the outputs, and its changes in `stores`.

    Raises:
        Exception: what would make a dead letter of a record; nothing of the turn is applied then.
    """
    turn = Turn(rule, CircuitBreaker(), dict.fromkeys(stores, ROW_BYTES))
    for topic, batch in itertools.groupby(records, lambda record: record.topic):
        turn.handle(Batch(topic, records[0].partition, list(batch)), stores)
    if turn.dead:
        raise turn.dead[0][1]
    for view in turn.views.values():
        for table, rows in view.changes.items():
            stores[table].apply(rows)
    return [output for output, _origin in turn.outbox]
