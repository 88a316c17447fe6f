"""The runbook beside what it is about: every alert has a section, every command exists, every drill is in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from ops.cli import build_app
from ops.gameday import drills

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")
SECTIONS = {
    part.partition("\n")[0]: part.partition("\n")[2] for part in re.split(r"^### ", RUNBOOK, flags=re.MULTILINE)[1:]
}


def alerts() -> Iterator[str]:
    """Those that the guide lists, and those of the rules for Prometheus."""
    table = (ROOT / "docs" / "how-to" / "operate.md").read_text("utf-8").partition("## Alerts")[2].partition("\n## ")[0]
    yield from re.findall(r"^\| ([A-Za-z][\w -]*) \| `", table, re.MULTILINE)
    for path in (ROOT / "deploy" / "prometheus").glob("*.yaml"):
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]:
            yield from (rule["alert"] for rule in group["rules"] if "alert" in rule)


def in_blocks(text: str) -> Iterator[str]:
    """Commands of ours behind a prompt: they are to be run as they stand."""
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        yield from re.findall(r"^\$ rollcall (.+)$", block, re.MULTILINE)


def commands(text: str) -> Iterator[str]:
    """What stands in a text as a command of ours: in blocks behind the prompt, in lines between backticks."""
    yield from in_blocks(text)
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    yield from (" ".join(command.split()) for command in re.findall(r"`rollcall ([^`]+)`", prose))


def of_drills() -> Iterator[tuple[str, str]]:
    """Section and command of each drill, as its source has them."""
    source = Path(drills.__file__).read_text("utf-8")
    for drill in drills.DRILLS:
        body = source.partition(f"async def {drill.play.__name__}(")[2].partition("\n\n\n")[0]
        for line in re.findall(r'"((?:[a-z-]+ )*[^"\n]*)"', body):
            if line.partition(" ")[0] in NAMES:
                yield drill.section, line
        if "until_ill(" in body or "until_well(" in body:
            yield drill.section, "status"


APP: Any = typer.main.get_command(build_app())
NAMES = set(APP.commands)


@pytest.mark.parametrize("alert", list(alerts()))
def test_alert_has_a_section(alert: str) -> None:
    """Under its own name, and with a command."""
    assert list(commands(SECTIONS[alert])), alert


def parsed(line: str) -> tuple[Any, list[str]]:
    """The command, and the words behind its name."""
    words = shlex.split(line.replace("…", "why"))
    command = APP
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    assert command is not APP, line
    return command, words


@pytest.mark.parametrize("line", sorted(set(commands(RUNBOOK))))
def test_command_exists_with_its_options(line: str) -> None:
    """A renamed command or option is renamed here as well."""
    command, words = parsed(line)
    known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= known, line


@pytest.mark.parametrize("line", sorted(set(in_blocks(RUNBOOK))))
def test_command_can_be_run_as_it_stands(line: str) -> None:
    """Who has an outage copies it: nothing that it needs is left out."""
    command, words = parsed(line)
    needed = [parameter.opts[0] for parameter in command.params if parameter.required and parameter.opts[0][0] == "-"]
    assert [name for name in needed if name not in words] == []


@pytest.mark.parametrize(("section", "line"), sorted(set(of_drills())))
def test_drill_runs_what_its_section_says(section: str, line: str) -> None:
    """Word for word, but for what a drill fills in, and for the form of its output."""
    wanted = re.escape(line.replace(" --json", "").replace(" --yes", "")).replace(r"\ ", r"\s")
    wanted = re.sub(r"\\\{\w+\\\}", r"\\S+", wanted)
    said = [command.replace(" --json", "").replace(" --yes", "") for command in commands(SECTIONS[section])]
    assert any(re.fullmatch(wanted, command) for command in said), (line, said)


def test_every_drill_runs_commands() -> None:
    """That what is compared above is not nothing."""
    assert {section for section, _ in of_drills()} == {drill.section for drill in drills.DRILLS}
    assert len(set(of_drills())) > len(drills.DRILLS)
