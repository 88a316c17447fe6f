"""Which topics an installation has on the cluster, and how each shall be. PURE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runtime.models import Kafka
from schemas.instants import DAY_MS
from schemas.topic import COMPACTED_WITHIN_DAYS, MIB, Topic
from schemas.topics import all_topics

COMPACTED = {"max.compaction.lag.ms": str(COMPACTED_WITHIN_DAYS * DAY_MS)}
CHANGELOG_BYTES = 4 * MIB
"""Of one record of a changelog: the engine writes no row of more than 3 MiB."""


@dataclass(frozen=True, slots=True)
class WantedTopic:
    """One topic as it shall be on the cluster."""

    name: str
    """On the cluster, prefix and all."""
    settings: Mapping[str, str]
    """Kafka's topic configuration, as texts."""


def wanted_topics(
    prefix: str, kafka: Kafka, changelogs: Sequence[str] = (), others: Sequence[Topic] = ()
) -> list[WantedTopic]:
    """Every topic of an installation, those of the registry first.

    Args:
        prefix: `KAFKA_TOPIC_PREFIX`.
        kafka: how many replicas; one of them may be away while records are still acknowledged, where there are several.
        changelogs: logical names of the tables' changelogs: compacted, never deleted from.
        others: beside the registry's, those of a rebuild.
    """
    safe = {"min.insync.replicas": str(max(1, kafka.replication_factor - 1))}
    ours = [WantedTopic(topic.physical(prefix), topic.config() | safe) for topic in (*all_topics(), *others)]
    # A changelog that retention empties makes a recovery that never ends (docs/reference/topics.md).
    settings = {"cleanup.policy": "compact", "max.message.bytes": str(CHANGELOG_BYTES), **COMPACTED} | safe
    return [*ours, *(WantedTopic(f"{prefix}{name}", settings) for name in changelogs)]
