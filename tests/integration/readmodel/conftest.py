"""The topics of an installation."""

from __future__ import annotations

import pytest

from runtime.kafka import KafkaConnection


@pytest.fixture
def kafka(kafka_bootstrap: str, topic_prefix: str) -> KafkaConnection:
    """The shared Kafka under a prefix of this test."""
    return KafkaConnection(kafka_bootstrap, topic_prefix=topic_prefix)
