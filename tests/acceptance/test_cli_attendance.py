"""`rollcall session` and `rollcall filters test`, as a person runs them."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import orjson
import pytest

from schemas.instants import as_datetime
from schemas.sessions import Difference, Reconciliation, SessionCounts, SessionSummary
from schemas.topics import ATTENDANCE_SESSIONS
from tests.support.forks import run_forked
from tests.support.kafka import Message, create_topics, produce
from tests.support.processes import rollcall_command

UUID = "/H7cZq0bS1uWm//5rXeTkQ=="
SUMMARY = SessionSummary(
    session_uuid=UUID,
    instances=(UUID, "pT9/Qw3sRzGm4yBhK1xVdA=="),
    account_id="acc",
    object_id="93577204816",
    object_type="webinar",
    topic="Quarterly roadmap",
    host_id="host",
    started_at=as_datetime(1_787_155_200),
    ended_at=as_datetime(1_787_158_800),
    length_seconds=3_540,
    is_final=True,
    state="final",
    evidence="report",
    counts=SessionCounts(registered=40, attended=30, left_early=4, no_shows=5, anonymous=2, excluded=3),
    reconciliation=Reconciliation(
        zoom_participants=51,
        zoom_absentees=6,
        differences=(
            Difference(
                contact_id="b64b178a98dfec3c9923bfa5ecacb178", side="only_zoom", reason="attended: seen for 60 s"
            ),
        ),
    ),
)
CONFIGURATION = """\
connectors:
  zoom: {account_id: acc, webhook: {secret_token: secret}}
filters:
  topics: {deny: ["*internal*"]}
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`rollcall` with nothing but this environment."""
    return run_forked(rollcall_command(*arguments), {"PATH": "/usr/bin:/bin", **environment})


async def test_session_shows_counts_and_the_reason_of_every_difference(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """The latest summary, by uuid and by words, for people and as data; another uuid is exit code 1."""
    name = ATTENDANCE_SESSIONS.physical(topic_prefix)
    await create_topics(kafka_bootstrap, [name], partitions=6)
    earlier = SUMMARY.model_copy(update={"is_final": False, "reconciliation": None})
    messages = [Message(summary.to_bytes(), f"acc|{UUID}".encode()) for summary in (earlier, SUMMARY)]
    await produce(kafka_bootstrap, name, messages)
    kafka = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
        "KAFKA_TOPIC_PREFIX": topic_prefix,
        "ROLLCALL_DATA_DIR": str(tmp_path),
    }
    shown = await asyncio.to_thread(run, "session", UUID, "--differences", **kafka)
    assert shown.returncode == 0, shown.stderr
    for part in ("Quarterly roadmap", "final; from Zoom's report", "2 instances", "51 participants", "1 difference",
                 "b64b178a98df  absent at Zoom, not here: attended: seen for 60 s"):  # fmt: skip
        assert part in shown.stdout
    data = orjson.loads((await asyncio.to_thread(run, "session", "QUARTERLY", "--json", **kafka)).stdout)
    assert SUMMARY.reconciliation is not None
    assert data["reconciliation"] == SUMMARY.reconciliation.model_dump(mode="json")
    assert (data["session_uuid"], data["attended"], data["excluded"]) == (UUID, 30, 3)
    missing = await asyncio.to_thread(run, "session", "other", **kafka)
    assert missing.returncode == 1
    assert f"no session is `other`; the latest are: {UUID}" in missing.stderr


@pytest.mark.parametrize(
    ("topic", "code", "told"),
    [
        ("Quarterly roadmap", 0, "synced: no filter refuses it"),
        ("All-hands (internal)", 1, "left out: filters.topics.deny: `*internal*` matches `All-hands (internal)`"),
    ],
)
def test_filters_test_names_the_rule(tmp_path: Path, topic: str, code: int, told: str) -> None:
    """Whether the session of an event is synced, and which rule decided."""
    event = orjson.loads(Path("schemas/examples/zoom.events.raw.v1/webinar.started__plain.json").read_bytes())
    event["payload"]["object"]["topic"] = topic
    file, configuration = tmp_path / "event.json", tmp_path / "rollcall.yaml"
    file.write_bytes(orjson.dumps(event))
    configuration.write_text(CONFIGURATION)
    answer = run("filters", "test", str(file), ROLLCALL_CONFIG=str(configuration))
    assert (answer.returncode, answer.stdout.strip()) == (code, told)


def test_filters_test_refuses_what_is_no_event(tmp_path: Path) -> None:
    """One message and exit code 2, no traceback."""
    file, configuration = tmp_path / "event.json", tmp_path / "rollcall.yaml"
    file.write_text("[]")
    configuration.write_text(CONFIGURATION)
    answer = run("filters", "test", str(file), ROLLCALL_CONFIG=str(configuration))
    assert answer.returncode == 2
    assert "is no event of Zoom" in answer.stderr
    assert "Traceback" not in answer.stderr
