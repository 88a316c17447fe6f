"""What a topic is: its key and value, who writes and reads it, and how Kafka keeps it. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas.instants import DAY_MS, HOUR_MS

MIB = 1_048_576
COMPACTED_WITHIN_DAYS = 7
"""So long a compacted topic may hold what was overwritten or deleted: what is forgotten is gone then, a day later its
tombstone too. Kafka's own bound is none (https://kafka.apache.org/documentation/#topicconfigs_max.compaction.lag.ms,
checked 2026-11-27)."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it is created and documented."""

    name: str
    """Logical name; `physical` puts the installation's prefix before it."""
    key: str
    """What the key is, in words."""
    value: str
    """What the value is: a model of `schemas`, or in words."""
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    """Agents of ours that read it; others may read any of them."""
    cleanup: Literal["delete", "compact"] = "delete"
    retention_days: int | None = None
    segment_hours: int | None = None
    """Of a compacted topic that is written all the time: how old the part may be that is not compacted yet."""
    max_message_bytes: int = MIB
    dead_letters: bool = False
    """True: what an agent cannot handle goes to `<name>.dlq`."""

    def config(self) -> dict[str, str]:
        """Kafka's topic configuration."""
        settings = {"cleanup.policy": self.cleanup, "max.message.bytes": str(self.max_message_bytes)}
        if self.retention_days is not None:
            settings["retention.ms"] = str(self.retention_days * DAY_MS)
        if self.cleanup == "compact":
            settings["max.compaction.lag.ms"] = str(COMPACTED_WITHIN_DAYS * DAY_MS)
        if self.segment_hours is not None:
            settings["segment.ms"] = str(self.segment_hours * HOUR_MS)
        return settings

    def physical(self, prefix: str) -> str:
        """The name on the cluster; `prefix` is put before it as it is."""
        return f"{prefix}{self.name}"

    @property
    def dead_letter(self) -> Topic:
        """Where its dead letters go: the original bytes, so its limit is never below the source's."""
        return Topic(
            name=f"{self.name}.dlq",
            key="as the origin's",
            value="the original bytes; headers say why, where and how often",
            producers=self.consumers,
            consumers=(),
            retention_days=30,
            max_message_bytes=2 * MIB,
        )
