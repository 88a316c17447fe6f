"""A projecting process that is killed comes to the same tables as one that never was."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from readmodel.database import opened
from readmodel.projector import Projector
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.topics import ensure_topics
from tests.support.killing import project_with_kills
from tests.support.read_model import contents, delays, lacking, publish, sqlite_url, story


async def compare(
    url: URL, kafka: KafkaConnection, folder: Path, *, records: int, kills: int, batch_records: int
) -> int:
    """Project `records` with kills, and in one go; returns how many kills met a running process."""
    await ensure_topics(kafka, Kafka(partitions=3))
    await publish(kafka, story(records, seed=records))
    killed = project_with_kills(
        url, kafka, kills=kills, batch_records=batch_records, seed=kills, log=folder / "projector.log"
    )
    whole = sqlite_url(folder / "whole")
    with opened(whole, kafka.topic_prefix) as database:
        await Projector(database, kafka).catch_up()
    expected = contents(whole, kafka.topic_prefix)
    assert sum(row[2] for row in expected["offsets"]) >= records
    assert contents(url, kafka.topic_prefix) == expected
    assert expected["unsynced"] == lacking(url, kafka.topic_prefix)
    assert expected["unsynced"]
    assert expected["delays"] == delays(url, kafka.topic_prefix) != []
    return killed


async def test_killed_projector_comes_to_the_same_rows(url: URL, kafka: KafkaConnection, tmp_path: Path) -> None:
    """Rows and offsets are one transaction: nothing is lost, and nothing counts twice."""
    assert await compare(url, kafka, tmp_path, records=3_000, kills=3, batch_records=120) >= 2


@pytest.mark.torture
async def test_killed_at_20_points_of_50000_records(url: URL, kafka: KafkaConnection, tmp_path: Path) -> None:
    """The same at length."""
    assert await compare(url, kafka, tmp_path, records=50_000, kills=20, batch_records=500) == 20
