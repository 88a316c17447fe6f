"""The engine's own broker: shared by its tests, with session time-outs as short as a test wants them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.support.broker import Broker
from tests.support.engine import Lab, laboratory

SHORT_SESSIONS = {"group.min.session.timeout.ms": "1000"}


@pytest.fixture(scope="package")
def engine_kafka(new_kafka: Callable[..., Broker]) -> Iterator[Broker]:
    """A broker that nobody stops; a killed worker's partitions are given away after 2 s rather than 10."""
    with new_kafka(SHORT_SESSIONS) as kafka:
        yield kafka


@pytest.fixture
def breakable_kafka(new_kafka: Callable[..., Broker]) -> Iterator[Broker]:
    """As `engine_kafka`, of one test alone, to be stopped, killed and paused."""
    with new_kafka(SHORT_SESSIONS) as kafka:
        yield kafka


@pytest.fixture
async def lab(engine_kafka: Broker, topic_prefix: str, tmp_path: Path) -> AsyncIterator[Lab]:
    """Topics are created by the test, which may want limits."""
    with laboratory(engine_kafka.bootstrap, topic_prefix, tmp_path) as lab:
        yield lab
