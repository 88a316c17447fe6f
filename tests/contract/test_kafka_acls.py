"""deploy/kafka-acls.sh spells topics and rights by hand: here it is compared with the registry."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from processors.agents import changelogs
from processors.engine.naming import APP_ID, fence_name, rebuild_group, rebuild_topic
from processors.rebuild_app import own_changelogs
from schemas.topics import (
    ATTENDANCE_RESULTS,
    ATTENDANCE_SESSIONS,
    AUDIT,
    ENGAGEMENT_RESYNCS,
    ENGAGEMENT_SCORES,
    LOOKUPS_BULK,
    STATES,
    all_topics,
    rebuild_topics,
)

SCRIPT = Path(__file__).parents[2] / "deploy" / "kafka-acls.sh"
PREFIX = "stage-"
AGENTS = {"worker", "track-attendance", "look-up", "score-engagement", "sync-contact"}
CHANGELOGS = ("prefixed", f"{PREFIX}{APP_ID}-")
Right = tuple[str, str, str]
"""Operation, `topic`, `group`, `transactional-id` or `prefixed`, and the name."""


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The script, with a command that prints what it is given in place of Kafka's tool."""
    environment = {"PATH": os.environ["PATH"], "KAFKA_TOPIC_PREFIX": PREFIX, "KAFKA_ACLS": "echo", **variables}
    return subprocess.run(
        ["bash", str(SCRIPT), *arguments],  # noqa: S607 (the one on the path, as users call it)
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def rights(process: str, **variables: str) -> set[Right]:
    """What a process is given."""
    done = run(process, "User:somebody", "--bootstrap-server", "broker:9092", **variables)
    assert done.returncode == 0, done.stderr
    given: set[Right] = set()
    for line in done.stdout.splitlines():
        words = line.split()
        assert words[:5] == ["--bootstrap-server", "broker:9092", "--add", "--allow-principal", "User:somebody"]
        options = list(zip(words[5::2], words[6::2], strict=True))
        kinds = {"--topic": "prefixed" if ("--resource-pattern-type", "prefixed") in options else "topic"}
        kinds["--group"] = "group"
        if ("--resource-pattern-type", "prefixed") in options:
            kinds["--transactional-id"] = "transactional-id"
        operations = [value for name, value in options if name == "--operation"]
        given |= {
            (operation, kinds[name], value) for operation in operations for name, value in options if name in kinds
        }
    return given


def on_topics(operation: str, names: set[str]) -> set[Right]:
    """One operation on topics of the registry."""
    return {(operation, "topic", f"{PREFIX}{name}") for name in names}


ALL = {topic.name for topic in all_topics()}
LOOK = on_topics("Describe", ALL)
CREATE = on_topics("Create", ALL)
INGRESS_WRITES = {topic.name for topic in all_topics() if "ingress" in topic.producers}
INGRESS = on_topics("Describe", INGRESS_WRITES) | on_topics("Write", INGRESS_WRITES)
WORKER = (
    on_topics("Write", {topic.name for topic in all_topics() if AGENTS & {*topic.producers}})
    | on_topics("Read", {topic.name for topic in all_topics() if AGENTS & {*topic.consumers}})
    | {(operation, *CHANGELOGS) for operation in ("Describe", "Read", "Write")}
    | {("Read", "group", f"{PREFIX}{APP_ID}"), ("Write", "transactional-id", f"{PREFIX}{APP_ID}-")}
)
COMMANDS = (
    on_topics("Read", ALL)
    # A replay waits while the workers are behind.
    | {("Describe", "group", f"{PREFIX}{APP_ID}")}
    | {("Read", *CHANGELOGS)}
    | on_topics("Write", {topic.name for topic in all_topics() if "ops" in topic.producers})
    # Back-fills, decisions about effects in doubt, and dead letters that are sent again to the topic that they are of.
    | on_topics("Write", {topic.name for topic in all_topics() if AGENTS & {*topic.consumers}})
)
_EVERYTHING = ("Create", "Delete", "Describe", "Read", "Write")
REBUILD = (
    LOOK
    | CREATE
    | on_topics("Read", ALL)
    | on_topics("Write", {LOOKUPS_BULK.name, AUDIT.name, STATES.name})
    # What a switch tells.
    | on_topics("Write", {topic.name for topic in (ATTENDANCE_RESULTS, ATTENDANCE_SESSIONS, ENGAGEMENT_SCORES)})
    | on_topics("Write", {ENGAGEMENT_RESYNCS.name})
    | {(operation, *CHANGELOGS) for operation in _EVERYTHING}
    | {(operation, "prefixed", f"{PREFIX}rebuild.") for operation in _EVERYTHING}
    | {("Read", "group", f"{PREFIX}{APP_ID}"), ("Read", "group", f"{PREFIX}{rebuild_group('')}")}
    | {("Write", "transactional-id", f"{PREFIX}{APP_ID}-")}
)


@pytest.mark.parametrize(
    ("process", "expected"),
    [
        ("rebuild", REBUILD),
        ("ingress", on_topics("Create", INGRESS_WRITES) | INGRESS),
        ("worker", LOOK | CREATE | {("Create", *CHANGELOGS)} | WORKER),
        ("commands", COMMANDS),
    ],
)
def test_acls_give_a_process_what_the_registry_says_and_no_more(process: str, expected: set[Right]) -> None:
    """A topic that is added to the registry has to be added to the script."""
    assert rights(process) == expected


@pytest.mark.parametrize(("process", "expected"), [("ingress", INGRESS), ("worker", LOOK | WORKER)])
def test_acls_where_operators_own_the_topics_do_not_let_anybody_create(process: str, expected: set[Right]) -> None:
    """`kafka.create_topics: false` needs no right to create."""
    assert rights(process, CREATE_TOPICS="false") == expected


def test_acls_changelogs_begin_as_the_script_says() -> None:
    """The tables and the fences are allowed by how their names begin, so that a new table needs no new right."""
    names = (*changelogs(), *changelogs("other"), *own_changelogs("other"))
    assert all(fence_name(name, 0).startswith(f"{APP_ID}-") for name in names)
    assert all(rebuild_topic("other", topic.name).startswith("rebuild.") for topic in rebuild_topics())


def test_acls_wrong_usage_is_explained() -> None:
    """Exit code 2, and nothing is called."""
    for arguments in (("ingress",), ("everything", "User:somebody")):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "ingress|worker|commands|rebuild PRINCIPAL" in done.stderr
