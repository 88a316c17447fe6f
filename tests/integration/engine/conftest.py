"""The engine's Kafka: the shared one, where sessions may be as short as a test wants them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.engine import Lab, laboratory
from tests.support.kafka_choice import SHORT_SESSIONS, kafka_choice


@pytest.fixture(scope="session")
def bootstrap(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of a broker that nobody stops; a killed worker's partitions are given away after 2 s rather than 10."""
    if kafka_choice() != "external":
        yield request.getfixturevalue("kafka_bootstrap")
    else:
        with request.getfixturevalue("new_kafka")(SHORT_SESSIONS) as kafka:
            yield kafka.bootstrap


@pytest.fixture
async def lab(bootstrap: str, topic_prefix: str, tmp_path: Path) -> AsyncIterator[Lab]:
    """Topics are created by the test, which may want limits."""
    with laboratory(bootstrap, topic_prefix, tmp_path) as lab:
        yield lab
