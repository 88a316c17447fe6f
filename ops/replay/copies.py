"""Which records of a topic are published again, and what a copy of one is. PURE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from ops.selection.reading import facts_of
from ops.selection.selection import Facts, Selection
from schemas.replays import EFFECTS, REPLAY_COUNT, REPLAY_ID, REPLAY_OF, Lineage

_OURS = frozenset({REPLAY_ID, REPLAY_COUNT, REPLAY_OF, EFFECTS})


class Stored(NamedTuple):
    """A record as it lies in Kafka."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class Copy(NamedTuple):
    """A record to be published to the partition of its original, at the original's time: it is kept no longer."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp_ms: int
    offset: int
    """Of the original."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A replay of the same topic that was before, as far as it came."""

    selection: Selection
    begins: Mapping[int, int]
    goes_on: Mapping[int, int]

    def took(self, facts: Facts) -> bool:
        """Whether it has published a copy of the record."""
        begin, end = self.begins.get(facts.partition, 0), self.goes_on.get(facts.partition, 0)
        return begin <= facts.offset < end and self.selection.holds(facts)


def is_copy(stored: Stored) -> bool:
    """Copies are never published again: their originals are, or were kept no longer than they."""
    return any(name == REPLAY_OF for name, _value in stored.headers)


def facts(stored: Stored) -> Facts:
    """What selections ask about."""
    at = datetime.fromtimestamp(stored.timestamp_ms / 1_000, UTC)
    return facts_of(stored.partition, stored.offset, at, stored.key, stored.headers, stored.value)


@dataclass(frozen=True, slots=True)
class Copying:
    """Makes the copies of one replay."""

    selection: Selection
    lineage: Lineage
    earlier: Sequence[Earlier]
    """Replays that were before."""

    def copy(self, stored: Stored) -> Copy | None:
        """The copy of a record; ``None`` when it is not selected, or a copy itself."""
        if is_copy(stored) or not self.selection.holds(known := facts(stored)):
            return None
        count = 1 + sum(replay.took(known) for replay in self.earlier)
        headers = [(name, value or b"") for name, value in stored.headers if name not in _OURS]
        headers += [
            (REPLAY_OF, f"{self.selection.topic.name}/{stored.partition}/{stored.offset}".encode()),
            (REPLAY_COUNT, str(count).encode()),
            *self.lineage.headers,
        ]
        return Copy(stored.key, stored.value, headers, stored.timestamp_ms, stored.offset)
