"""Whether the Kafka that answers is the one that was, while deliveries are acknowledged."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from ingress.link import KafkaLink
from runtime.cluster import KafkaState
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from schemas.errors import ConfigurationError
from schemas.topics import RAW_EVENTS


async def test_what_is_acknowledged_while_kafka_is_asked_is_not_taken_for_lost() -> None:
    """The ends were told before it; what was acknowledged before the question must be there."""
    raw = (RAW_EVENTS.name, 0)
    ends = iter([5, 6, 7, 6])

    async def look(_connection: KafkaConnection, _topics: Collection[str]) -> KafkaState:
        end = next(ends)
        told = KafkaState("cluster", {raw: end})
        link.note_end(*raw, end + 1)  # a delivery comes while the answer is under way
        return told

    connection = KafkaConnection("127.0.0.1:9092")
    link = KafkaLink(connection, Kafka(), topics=[RAW_EVENTS], batch_bytes=1_000, look=look)
    for _ in range(3):
        await link.check_same()
    with pytest.raises(ConfigurationError, match="ends at 6, and did at 8"):
        await link.check_same()
