"""What a cluster's answer about a new topic means."""

from __future__ import annotations

import pytest

from runtime.models import Kafka
from runtime.topics import judge_creation
from schemas.errors import ConfigurationError, RetryLaterError

_TOO_FEW = 38
"""Kafka's code for more replicas than brokers."""


@pytest.mark.parametrize("code", [0, 36])
def test_topic_that_is_there_is_good(code: int) -> None:
    """Two processes begin at once: one of them is too late."""
    judge_creation("zoom.events.raw.v1", code, None, Kafka(), 1)


@pytest.mark.parametrize("brokers", [1, 2])
def test_more_replicas_than_brokers_are_a_mistake(brokers: int) -> None:
    """It would be refused for ever."""
    with pytest.raises(ConfigurationError, match=r"lower kafka\.replication_factor"):
        judge_creation("zoom.events.raw.v1", _TOO_FEW, None, Kafka(replication_factor=3), brokers)


@pytest.mark.parametrize("brokers", [0, 3])
def test_cluster_that_only_begins_is_asked_again(brokers: int) -> None:
    """Its brokers are not there yet, or were not when it answered: nothing is wrong with the file."""
    with pytest.raises(RetryLaterError, match="was not created: all brokers are fenced"):
        judge_creation("zoom.events.raw.v1", _TOO_FEW, "all brokers are fenced", Kafka(replication_factor=3), brokers)
