"""Where a person is: what each topic and table holds of them, and until when. PURE.

When Kafka deletes: https://kafka.apache.org/documentation/#topicconfigs, checked 2026-11-27. A segment goes once its
newest record is older than `retention.ms`, and takes records for `segment.ms` before that; a compacted topic drops what
was overwritten within `max.compaction.lag.ms`, and a tombstone `delete.retention.ms` after that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from schemas.instants import DAY_MS

PlaceKind = Literal["table", "state", "log"]
"""The changelog of a table, a compacted topic, or a topic that Kafka deletes from."""


@dataclass(slots=True)
class Place:
    """One topic with what is in it of the person."""

    topic: str
    """On the cluster."""
    kind: PlaceKind
    settings: Mapping[str, str]
    """Kafka's, in force."""
    held: int = 0
    """Rows or records in force: whoever reads the table or topic to its end has them. None is left of somebody who was
    forgotten."""
    records: int = 0
    """Records that say something of them, overwritten ones and tombstones too."""
    newest_ms: int = 0
    """Record time of the newest of them, milliseconds since 1970."""
    offsets: dict[int, int] = field(default_factory=dict)
    """By partition the offset behind the newest: what lies before it may be deleted by hand."""

    @property
    def gone_by(self) -> datetime | None:
        """When the last of these records is gone at the latest, by Kafka itself; ``None``: nothing deletes it."""
        kept_ms = self._kept_ms()
        return None if kept_ms is None else datetime.fromtimestamp((self.newest_ms + kept_ms) / 1_000, UTC)

    def _kept_ms(self) -> int | None:
        if self.kind == "log":
            return _together(self.settings, "retention.ms", "segment.ms")
        return None if self.held else _together(self.settings, "max.compaction.lag.ms", "delete.retention.ms")

    @property
    def shorter(self) -> str:
        """The command of Kafka that makes it go sooner."""
        if self.kind == "log":
            changed = "retention.ms=3600000,segment.ms=3600000"
        else:
            changed = "max.compaction.lag.ms=60000,delete.retention.ms=60000"
        return f"kafka-configs.sh --alter --entity-type topics --entity-name {self.topic} --add-config {changed}"


LONGEST_MS = 10 * 365 * DAY_MS
"""What is kept longer is kept for ever, as Kafka's defaults for what is unlimited say."""


def _together(settings: Mapping[str, str], *names: str) -> int | None:
    spans = [int(settings.get(name, "-1")) for name in names]
    return None if any(span < 0 or span > LONGEST_MS for span in spans) else sum(spans)


def in_force(places: list[Place]) -> Iterator[Place]:
    """Those that an erasure has to empty, and has not."""
    return (place for place in places if place.kind != "log" and place.held)
