"""The looking commands over a database of each kind."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from sqlalchemy.engine import URL
from typer.testing import CliRunner

from ops.cli import build_app
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.topics import ensure_topics
from tests.support.console_story import PEOPLE, story
from tests.support.read_model import person, publish, session_uuid


def test_commands_answer_alike_from_either_database(
    url: URL, kafka: KafkaConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions, their people, one contact and the status, of records that a worker could have written."""

    async def prepare() -> None:
        await ensure_topics(kafka, Kafka(partitions=2))
        await publish(kafka, story())

    asyncio.run(prepare())
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap_servers)
    monkeypatch.setenv("KAFKA_TOPIC_PREFIX", kafka.topic_prefix)
    monkeypatch.setenv("ROLLCALL_READ_MODEL_URL", url.set(drivername=url.get_backend_name()).render_as_string())

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(build_app(), arguments)
        assert done.exit_code == code, done.output
        return done.stdout

    listed = orjson.loads(run("sessions", "webinar", "--json"))["sessions"]
    assert [(session["session_uuid"], session["not_synced"]) for session in listed] == [(session_uuid(1), PEOPLE - 1)]
    people = run("session", session_uuid(1), "--csv").splitlines()
    assert (len(people), people[1].split(",")[0]) == (PEOPLE + 1, person(PEOPLE - 1).email)
    told = orjson.loads(run("explain", person(0).email.upper(), "--json"))
    assert (told["contact_id"], told["standing"]["score"], told["calls"][0]["outcome"]) == (
        person(0).contact_id, 61, "rejected",
    )  # fmt: skip
    totals = orjson.loads(run("status", "--json", code=1))["totals"]
    assert (totals["in_doubt"], totals["sessions_waiting"]) == (1, 0)
    assert "no session" in run("sessions", "\0\udcff")
