"""Every command that changes something has a button, or its line on the page of acts."""

from __future__ import annotations

import shlex

import pytest
import typer
from typer.testing import CliRunner

from console.acting import Act
from ops.buttons import acting
from ops.buttons.terminal import TERMINAL_COMMANDS
from ops.cli import build_app
from tests.support.command_page import commands

ACTING = acting({"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092"})
COMMANDS = dict(commands(typer.main.get_command(build_app()), "rollcall"))
CHANGING = sorted(
    name for name, command in COMMANDS.items() if any("--reason" in option.opts for option in command.params)
)
"""What changes something asks why."""


def command_of(act: Act) -> str:
    """The act's command, as its form begins."""
    return act.command({field.name: field.default for field in act.fields})


OFFERED = [*map(command_of, ACTING.acts.values()), *(offered.command for offered in TERMINAL_COMMANDS)]


@pytest.mark.parametrize("name", CHANGING)
def test_command_that_changes_something_is_on_the_page_of_acts(name: str) -> None:
    """As a button, or with why there is none."""
    assert [offered for offered in OFFERED if f"{offered} ".startswith(f"{name} ")], name


def test_changing_commands_are_found() -> None:
    """Else nothing would be asked above."""
    assert {"rollcall topics apply", "rollcall backfill", "rollcall worker", "rollcall forget"} < set(CHANGING)


@pytest.mark.parametrize("offered", OFFERED)
def test_command_that_is_shown_is_one_that_there_is(offered: str) -> None:
    """With options that it has: its words are parsed, and only then is there no Kafka."""
    words = shlex.split(offered.partition(" > ")[0])[1:]
    ended = CliRunner().invoke(build_app(words[0]), [*words, "--help"])
    assert ended.exit_code == 0, ended.output
    name = next(name for name in sorted(COMMANDS, key=len, reverse=True) if f"{offered} ".startswith(f"{name} "))
    options = {option for parameter in COMMANDS[name].params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= options
