"""`rollcall topics plan|apply` on a real Kafka."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from schemas.topics import AUDIT, BREVO_RESULTS, RAW_EVENTS
from tests.support.acts import acts
from tests.support.forks import run_forked
from tests.support.kafka import admin, create_topics
from tests.support.pressing import OPERATOR, operator
from tests.support.processes import rollcall_command


async def settings_of(bootstrap: str, topic: str) -> dict[str, str]:
    """The settings in force."""
    async with admin(bootstrap) as client:
        (answer,) = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return {entry[0]: entry[1] for entry in answer.resources[0][4]}


def rollcall(*arguments: str, env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return run_forked(rollcall_command(*arguments), os.environ | env, folder=cwd)


async def test_topics_are_compared_created_and_set_right(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """What others have set stays, what would delete records needs to be told, and partitions are never changed."""
    raw, results = (topic.physical(topic_prefix) for topic in (RAW_EVENTS, BREVO_RESULTS))
    own = {"retention.ms": "31536000000", "max.message.bytes": "1000000", "segment.bytes": "99999999"}
    await create_topics(kafka_bootstrap, [raw], config=own)
    await create_topics(kafka_bootstrap, [results], partitions=2)
    (tmp_path / "rollcall.yaml").write_text("connectors: {zoom: {account_id: abc}}\n")
    environment = {"KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap, "KAFKA_TOPIC_PREFIX": topic_prefix}

    planned = rollcall("topics", "plan", "--json", env=environment, cwd=tmp_path)
    assert planned.returncode == 1, planned.stderr
    found = {
        (difference["topic"], difference["what"]): difference["act"]
        for difference in json.loads(planned.stdout)["differences"]
    }
    assert found[raw, "retention.ms"] == "lose"
    assert found[raw, "max.message.bytes"] == "set"
    assert found[results, "partitions"] == "by_hand"
    assert found[AUDIT.physical(topic_prefix), "topic"] == "create"
    assert (await settings_of(kafka_bootstrap, raw))["max.message.bytes"] == "1000000"

    refused = rollcall("topics", "apply", env=environment, cwd=tmp_path)
    assert refused.returncode == 1, refused.stderr
    assert (await settings_of(kafka_bootstrap, raw))["max.message.bytes"] == "1000000"

    applied = rollcall("topics", "apply", "--yes", "--reason", "first set-up", env=environment, cwd=tmp_path)
    assert applied.returncode == 1, applied.stderr
    settings = await settings_of(kafka_bootstrap, raw)
    kept = ("31536000000", "99999999")
    assert (settings["max.message.bytes"], settings["retention.ms"], settings["segment.bytes"]) == ("2097152", *kept)

    last = rollcall("topics", "apply", "--yes", "--lose", "--json", env=environment, cwd=tmp_path)
    left = json.loads(last.stdout)["differences"]
    assert {(difference["topic"], difference["what"]) for difference in left if difference["act"] != "set"} == {
        (results, "partitions")
    }
    assert (await settings_of(kafka_bootstrap, raw))["retention.ms"] == str(30 * 86_400_000)
    entries = await acts(kafka_bootstrap, topic_prefix)
    assert [(entry.action, entry.reason) for entry in entries] == [
        ("topics.apply", "first set-up"),
        ("topics.apply", ""),
    ]


async def test_topics_are_set_right_by_the_button(kafka_bootstrap: str, topic_prefix: str, tmp_path: Path) -> None:
    """The plan has what differs, and what would lose records waits for its own answer; who did it is noted."""
    raw = RAW_EVENTS.physical(topic_prefix)
    await create_topics(kafka_bootstrap, [raw], config={"retention.ms": "31536000000", "max.message.bytes": "1000000"})
    file = tmp_path / "rollcall.yaml"
    file.write_text("connectors: {zoom: {account_id: abc}}\n")
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap, "KAFKA_TOPIC_PREFIX": topic_prefix, "ROLLCALL_CONFIG": str(file),
    }  # fmt: skip
    async with operator(environment, tmp_path) as ana:
        assert f"{raw}  max.message.bytes" in await ana.looks("topics.apply")
        assert (await settings_of(kafka_bootstrap, raw))["max.message.bytes"] == "1000000"
        done = await ana.does("topics.apply", "first set-up")
        changed, left = map(int, re.findall(r"\d+", done))
        settings = await settings_of(kafka_bootstrap, raw)
        assert (settings["max.message.bytes"], settings["retention.ms"], left) == ("2097152", "31536000000", 1)
        assert "retention.ms" in await ana.looks("topics.apply")
        assert "done: 1 changed, 0 left" in await ana.does("topics.apply", "a year is too long", lose="yes")
        assert "topics are as they shall be" in await ana.looks("topics.apply", lose="yes")
    assert (await settings_of(kafka_bootstrap, raw))["retention.ms"] == str(30 * 86_400_000)
    entries = await acts(kafka_bootstrap, topic_prefix)
    assert [(entry.operator, entry.reason, entry.result, len(entry.details)) for entry in entries] == [
        (OPERATOR, "first set-up", "done", changed),
        (OPERATOR, "a year is too long", "done", 1),
    ]
