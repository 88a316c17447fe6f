"""The command line imports no more than the command that is called."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from ops.cli import build_app

WHOLE: Any = typer.main.get_command(build_app())


@pytest.mark.parametrize("name", WHOLE.commands)
def test_command_by_its_name_is_the_one_of_the_whole(name: str) -> None:
    """With its options and its own commands, and beside it is nothing but what lives in its module."""
    alone: Any = typer.main.get_command(build_app(name))
    assert described(alone.commands[name]) == described(WHOLE.commands[name])
    assert len(alone.commands) <= 4


@pytest.mark.parametrize("word", ["wrkr", "--version", ""])
def test_any_other_word_has_them_all(word: str) -> None:
    """For what is not a command, help and suggestions know every command."""
    every: Any = typer.main.get_command(build_app(word))
    assert list(every.commands) == list(WHOLE.commands)


def described(command: Any) -> object:
    """What help tells of it and of all below it."""
    below = {name: described(below) for name, below in getattr(command, "commands", {}).items()}
    return command.help, command.epilog, [parameter.opts for parameter in command.params], below
