"""What is said of topics that are not as they shall be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.topics.comparison import FoundTopic, TopicDifference, differences, strangers
from runtime.models import Kafka
from runtime.wanted_topics import WantedTopic, wanted_topics
from schemas.topics import RAW_EVENTS

KAFKA = Kafka(partitions=6, replication_factor=3)
WANTED = WantedTopic("p-events", {"cleanup.policy": "delete", "retention.ms": "1000", "max.message.bytes": "2000"})
FOUND = FoundTopic("p-events", 6, 3, WANTED.settings)


def found(**settings: str) -> list[TopicDifference]:
    """The differences of a topic with these settings, underscores for dots."""
    changed = {name.replace("_", "."): value for name, value in settings.items()}
    return list(differences([WANTED], {"p-events": replace(FOUND, settings={**WANTED.settings, **changed})}, KAFKA))


def test_topic_as_it_shall_be_has_no_difference() -> None:
    """Settings that we do not ask for are nobody's difference."""
    assert found(segment_bytes="5") == []


@pytest.mark.parametrize(
    ("settings", "act"),
    [
        ({"retention_ms": "500"}, "set"),
        ({"retention_ms": "2000"}, "lose"),
        ({"retention_ms": "-1"}, "lose"),
        ({"retention_ms": ""}, "lose"),
        ({"max_message_bytes": "1000"}, "set"),
        ({"max_message_bytes": "3000"}, "lose"),
        ({"cleanup_policy": "compact"}, "lose"),
        ({"cleanup_policy": "compact,delete"}, "set"),
    ],
)
def test_value_by_which_kafka_deletes_or_refuses_needs_to_be_told(settings: dict[str, str], act: str) -> None:
    """A longer retention is harmless, a shorter one deletes at once."""
    assert [difference.act for difference in found(**settings)] == [act]


def test_partitions_and_replicas_are_nothing_that_we_change() -> None:
    """Both say what to do instead."""
    there = {"p-events": replace(FOUND, partitions=4, replicas=1)}
    partitions, replicas = differences([WANTED], there, KAFKA)
    assert (partitions.found, partitions.wanted, partitions.act) == ("4", "6", "by_hand")
    assert "KAFKA_TOPIC_PREFIX" in partitions.advice
    assert (replicas.found, replicas.wanted, replicas.act) == ("1", "3", "by_hand")


def test_missing_topic_is_created() -> None:
    """It is one difference, not one for each setting."""
    assert [difference.act for difference in differences([WANTED], {}, KAFKA)] == ["create"]


def test_one_replica_may_be_away() -> None:
    """With three, two must have a record before it is acknowledged; with one, that one."""
    assert wanted_topics("", KAFKA)[0].settings["min.insync.replicas"] == "2"
    assert wanted_topics("", Kafka())[0].settings["min.insync.replicas"] == "1"


def test_strangers_are_told_only_under_a_prefix() -> None:
    """Without a prefix, any topic of the cluster may be anybody's."""
    there = {"p-events": FOUND, "p-other": FOUND, "q": FOUND}
    assert strangers([WANTED], there, "p-") == ["p-other"]
    assert strangers([WANTED], there, "") == []


def test_wanted_topics_have_their_prefix_and_the_tables_their_changelogs() -> None:
    """Changelogs are compacted, and never deleted from."""
    wanted = {topic.name: topic.settings for topic in wanted_topics("p-", KAFKA, ["t-changelog"])}
    assert f"p-{RAW_EVENTS.name}" in wanted
    assert wanted["p-t-changelog"]["cleanup.policy"] == "compact"
