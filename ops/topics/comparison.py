"""What distinguishes the topics on the cluster from what they shall be, and what may be done about it. PURE.

Topic settings: https://kafka.apache.org/documentation/#topicconfigs, checked 2026-11-27.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from runtime.models import Kafka
from runtime.wanted_topics import WantedTopic

TopicAct = Literal["create", "set", "lose", "by_hand"]
"""`create` the topic; `set` a value; `lose`: set a value by which Kafka deletes or refuses what it keeps now, only when
that is told; `by_hand`: nothing that a running installation can have done to it."""

_PARTITIONS = (
    "the tables need the number they were made with: set kafka.partitions to it, or grow into another "
    "KAFKA_TOPIC_PREFIX (docs/how-to/topics.md)"
)
_REPLICAS = "move them with kafka-reassign-partitions.sh; a new topic has the number at once"


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """One topic as it is on the cluster."""

    name: str
    partitions: int
    replicas: int
    settings: Mapping[str, str]
    """Every setting in force, whoever set it."""


@dataclass(frozen=True, slots=True)
class TopicDifference:
    """One thing that is not as it shall be."""

    topic: str
    what: str
    """A setting's name, `topic`, `partitions` or `replicas`."""
    found: str
    wanted: str
    act: TopicAct
    advice: str = ""


def differences(
    wanted: Sequence[WantedTopic], found: Mapping[str, FoundTopic], kafka: Kafka
) -> Iterator[TopicDifference]:
    """Every difference, in the order of the wanted topics."""
    for topic in wanted:
        there = found.get(topic.name)
        if there is None:
            yield TopicDifference(topic.name, "topic", "missing", f"{kafka.partitions} partitions", "create")
            continue
        if there.partitions != kafka.partitions:
            numbers = str(there.partitions), str(kafka.partitions)
            yield TopicDifference(topic.name, "partitions", *numbers, "by_hand", _PARTITIONS)
        if there.replicas != kafka.replication_factor:
            numbers = str(there.replicas), str(kafka.replication_factor)
            yield TopicDifference(topic.name, "replicas", *numbers, "by_hand", _REPLICAS)
        for name, value in sorted(topic.settings.items()):
            if (now := there.settings.get(name, "")) != value:
                act: TopicAct = "lose" if _loses(name, now, value) else "set"
                yield TopicDifference(topic.name, name, now, value, act)


def _loses(name: str, now: str, value: str) -> bool:
    if name == "cleanup.policy":
        return value == "delete" and "delete" not in now.split(",")
    if name == "retention.ms":
        # -1 keeps for ever.
        return int(value) >= 0 and (int(now or -1) < 0 or int(value) < int(now))
    return name == "max.message.bytes" and int(value) < int(now or 0)


def strangers(wanted: Sequence[WantedTopic], found: Mapping[str, FoundTopic], prefix: str) -> list[str]:
    """Topics under the prefix that are none of ours; an empty prefix makes nothing ours."""
    names = {topic.name for topic in wanted}
    return sorted(name for name in found if prefix and name.startswith(prefix) and name not in names)
