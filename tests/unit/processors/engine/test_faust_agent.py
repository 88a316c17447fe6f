"""What a turn leaves on this worker's disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from typing_extensions import override

from processors.engine.confirmed_publisher import OVERTAKEN, ConfirmedPublisher, Refused, Row
from processors.engine.effect import RuleAlone
from processors.engine.faust_agent import BatchAgent
from processors.engine.faust_app import build_faust_app
from processors.engine.faust_engine import Engine
from processors.engine.metrics import EngineMetrics
from processors.engine.naming import Names
from processors.engine.spec import AgentSpec
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from schemas.errors import FatalError
from tests.support.engine_rules import SEEN, SOURCE, Reminders


class Confirms(ConfirmedPublisher):
    """A broker that takes all rows of who owns the partition, and none of a former owner's."""

    def __init__(self, *, is_owner: bool) -> None:
        async def still_owner() -> bool:
            return True  # it was, a moment ago

        nothing: Any = None
        super().__init__(nothing, partitions=1, still_owner=still_owner, session_seconds=0, fences=nothing)
        self._is_owner = is_owner

    @override
    async def send(
        self, topic: str, partition: int, rows: Sequence[Row], *, as_owner: bool = False
    ) -> tuple[int, list[Refused]]:
        if not self._is_owner:
            raise FatalError(OVERTAKEN)
        return 7, []


def agent(data_dir: Path, *, is_owner: bool) -> BatchAgent:
    """Of an app that is not started: its tables can be written all the same."""
    kafka = Kafka(partitions=1)
    app = build_faust_app(KafkaConnection("localhost:9"), kafka, data_dir)
    unused: Any = None
    metrics = EngineMetrics(CollectorRegistry())
    engine = Engine(app, unused, Confirms(is_owner=is_owner), metrics, Names(""), kafka.partitions, "0.0.0")
    return BatchAgent(engine, AgentSpec("lab", (SOURCE,), (SEEN,)), RuleAlone(Reminders()))


async def test_rows_of_a_worker_that_was_overtaken_meanwhile_do_not_reach_its_disk(tmp_path: Path) -> None:
    """Kafka has refused them: a recovery would never undo what lies in the local store alone."""
    changes = {0: {SEEN: {b"key": b"value"}}}
    overtaken = agent(tmp_path / "overtaken", is_owner=False)
    with pytest.raises(FatalError, match="another one owns its partitions"):
        await overtaken.persist(changes)
    assert overtaken.stores(0)[SEEN].get(b"key") is None
    owner = agent(tmp_path / "owner", is_owner=True)
    assert await owner.persist(changes) == {}
    assert owner.stores(0)[SEEN].get(b"key") == b"value"
