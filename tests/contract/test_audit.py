"""Every command that changes something has its entry in `ops.audit.v1`, or says why it needs none."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from ops.cli import build_app

ROOT = Path(__file__).parents[2]
ACTIONS: Mapping[str, str] = {
    "backfill": "backfill",
    "brevo apply": "brevo.apply",
    "brevo resume": "brevo.resume",
    "dlq drop": "dlq.drop",
    "dlq park": "dlq.park",
    "dlq resend": "dlq.resend",
    "effects resolve": "effects.resolve",
    "forget": "forget",
    "quarantine drop": "quarantine.drop",
    "quarantine release": "quarantine.release",
    "rebuild drop": "rebuild.drop",
    "rebuild grow": "rebuild.grow",
    "rebuild start": "rebuild.start",
    "rebuild switch": "rebuild.switch",
    "replay apply": "replay",
    "replay pause": "replay.pause",
    "replay resume": "replay.resume",
    "resync": "resync",
    "score rebuild": "score.rebuild",
    "topics apply": "topics.apply",
    "worker": "worker.resume",  # of the option --resume; a worker itself is no act
    "zoom login": "zoom.login",
    "zoom logout": "zoom.logout",
    "zoom recover": "zoom.recover",
    "zoom subscribe": "zoom.subscribe",
}
"""What a command that changes something writes."""
ONE_WRITER = frozenset(command for command in ACTIONS if command.startswith(("rebuild ", "replay ")))
"""What writes the entries of these is one function each for the whole group."""
SEES = "it looks, and changes nothing that outlives it"
PLAYS = "it plays with sandboxes of its own"
EXEMPT: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "brevo plan", "check", "config show", "dlq list", "dlq show", "effects", "explain",
            "export", "filters test", "preview", "quarantine list", "quarantine show", "rebuild diff",
            "replay plan", "replay status", "schemas check", "session", "sessions", "score diff",
            "status", "topics plan", "trace contact", "trace delivery", "trace session", "zoom scopes",
        ),
        SEES,
    ),
    **dict.fromkeys(("demo", "gameday", "sandbox brevo", "sandbox kafka", "sandbox zoom"), PLAYS),
    **dict.fromkeys(("simulate meeting", "simulate webinar"), "what it sends is an event like any other"),
    "console": "the pages; each act of an operator on them is that of a command, with its entry",
    "console passwd": "a file of its machine, needed before there is a Kafka; each act names who signed in",
    "ingress": "a process",
    "schemas export": "it writes files where it is told to",
    "schemas register": "it puts what is public into a registry, which keeps all versions; no Kafka need be there",
}  # fmt: skip


def commands(command: Any, *path: str) -> Iterator[str]:
    """Their names, the ways to them in front; a group that can be called itself is one."""
    if not isinstance(command, TyperGroup):
        yield " ".join(path)
        return
    if path and command.invoke_without_command:
        yield " ".join(path)
    for name, below in command.commands.items():
        yield from commands(below, *path, name)


FOUND = sorted(commands(typer.main.get_command(build_app())))


def texts(*folders: str) -> set[str]:
    """Every text in the code of these folders."""
    said: set[str] = set()
    for folder in folders:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    said.add(node.value)
    return said


@pytest.mark.parametrize("command", FOUND)
def test_command_has_an_entry_or_a_reason_for_none(command: str) -> None:
    """Who adds a command says here which entry it writes, or why it writes none."""
    assert (command in ACTIONS) != (command in EXEMPT), f"{command}: put it into ACTIONS or EXEMPT, not into both"


def test_tables_name_commands_that_there_are() -> None:
    """A row of a command that is gone would hide that nothing holds another to its entry."""
    assert {*ACTIONS, *EXEMPT} <= set(FOUND)


@pytest.mark.parametrize(("command", "action"), ACTIONS.items())
def test_entry_is_written_by_the_code_and_asserted_on_by_a_test(command: str, action: str) -> None:
    """Not only promised: the word is in the commands, and in a test that reads the topic."""
    assert action in WRITTEN, f"nothing of ops writes {action}"
    assert command in ONE_WRITER or action in TESTED, f"no test of a whole command asks for {action}"


WRITTEN = texts("ops")
TESTED = texts("tests/acceptance", "tests/integration")
