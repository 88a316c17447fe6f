import re

import pytest

from schemas.topic import MIB, Topic
from schemas.topics import TOPICS, all_topics

TOPIC_IDS = [topic.name for topic in all_topics()]
AGENTS = {"ingress", "worker", "track-attendance", "look-up", "score-engagement", "sync-contact", "ops"}


def test_registry_names_are_unique() -> None:
    """Also with the dead-letter topics."""
    names = [topic.name for topic in all_topics()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("topic", all_topics(), ids=TOPIC_IDS)
def test_registry_name_follows_the_rule(topic: Topic) -> None:
    """`<source>.<entity>[.<stage>].v<n>`, dots and hyphens only: Kafka warns that `.` and `_` collide in metrics."""
    assert re.fullmatch(r"[a-z]+(\.[a-z]+(-[a-z]+)*)+\.v[1-9]\d*(\.dlq)?", topic.name)


@pytest.mark.parametrize("topic", all_topics(), ids=TOPIC_IDS)
def test_registry_topic_has_an_owner(topic: Topic) -> None:
    """Who writes it is known, and only our own processes and agents are named."""
    assert topic.producers
    assert {*topic.producers, *topic.consumers} <= AGENTS


@pytest.mark.parametrize("topic", all_topics(), ids=TOPIC_IDS)
def test_registry_topic_is_deleted_from_or_compacted(topic: Topic) -> None:
    """Nothing grows for ever: a retention for events, the latest row for state, never both."""
    config = topic.config()
    if topic.cleanup == "compact":
        assert config["cleanup.policy"] == "compact"
        assert "retention.ms" not in config
    else:
        assert config["cleanup.policy"] == "delete"
        assert int(config["retention.ms"]) >= 86_400_000


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic.dead_letters], ids=lambda topic: topic.name)
def test_registry_dead_letters_take_what_the_source_took(topic: Topic) -> None:
    """The original bytes fit, and stay at least a week longer than a weekend."""
    dead = topic.dead_letter
    assert dead.name == f"{topic.name}.dlq"
    assert dead.max_message_bytes >= topic.max_message_bytes
    assert int(dead.config()["max.message.bytes"]) == 2 * MIB
    assert dead.retention_days == 30
    assert dead.producers == topic.consumers


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_registry_consumed_topic_has_dead_letters(topic: Topic) -> None:
    """What an agent of ours reads, it may fail to handle."""
    assert topic.dead_letters == bool({*topic.consumers} - {"worker"})


def test_physical_prefix_is_put_before_as_it_is() -> None:
    """No separator is added: the operator chooses it."""
    assert TOPICS[0].physical("stage-") == f"stage-{TOPICS[0].name}"
    assert TOPICS[0].physical("") == TOPICS[0].name
