"""The page of the command line: `python -m tests.support.command_page > docs/reference/cli.md` writes it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import typer

from ops.cli import build_app

_HEAD = """# Command line

Made from the commands by `python -m tests.support.command_page`; `rollcall COMMAND --help` says the same.

| Exit code | Meaning |
|---|---|
| 0 | done |
| 1 | found something wrong (a difference, a refused delivery, a session that is not known), or was not answered |
| 2 | wrong usage or configuration; one message says what to change |
| 70 | internal error, or a process stopped rather than lose something |
| 130 | interrupted by Ctrl-C |

`--json` prints one JSON document on stdout; everything for people goes to stderr then. Long work shows progress on a
terminal and plain lines otherwise. Variables: [environment.md](environment.md).
"""


def page() -> str:
    """The whole page."""
    root = typer.main.get_command(build_app())
    return "\n".join([_HEAD, *("\n".join(_section(name, command)) for name, command in commands(root, "rollcall"))])


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """(full name, command) of everything that does something; a group with options of its own does, too."""
    below = getattr(command, "commands", {})
    if not below or (" " in path and any(parameter.name != "help" for parameter in command.params)):
        yield path, command
    for name, inner in below.items():
        yield from commands(inner, f"{path} {name}")


def _section(name: str, command: Any) -> Iterator[str]:
    parameters = [param for param in command.params if param.name != "help"]
    arguments = [_shown_argument(parameter) for parameter in parameters if parameter.param_type_name == "argument"]
    options = ["[OPTIONS]"] if len(parameters) > len(arguments) else []
    yield f"## {name}\n\n```console\n$ {' '.join([name, *arguments, *options])}\n```\n"
    yield f"{inspect.cleandoc(command.help or '')}\n"
    if parameters:
        yield "| Option | Default | Meaning |\n|---|---|---|"
        yield from (
            _row(parameter)
            for parameter in sorted(parameters, key=lambda parameter: parameter.param_type_name != "argument")
        )
        yield ""
    if examples := _examples(command.epilog or ""):
        yield "\n".join(["```console", *(f"$ {example}" for example in examples), "```\n"])


def _shown_argument(parameter: Any) -> str:
    name = parameter.name.upper() + ("..." if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def _examples(epilog: str) -> list[str]:
    """One behind `Example:`, or a line each below `Examples:`."""
    _, several, lines = epilog.partition("Examples:\n")
    if several:
        return [line.strip() for line in lines.splitlines() if line.strip()]
    _, is_one, example = _plain(epilog).partition("Example: ")
    return [example.strip()] if is_one else []


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        names, variable = f"`{parameter.name.upper()}`", None
    else:
        names, variable = (
            " / ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts)),
            parameter.envvar,
        )
    meaning = _plain(parameter.help) + (f" Or `{variable}`." if variable else "")
    return f"| {names} | {_default(parameter)} | {meaning} |".replace("|  |", "| |")


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if isinstance(getattr(parameter, "show_default", None), str):
        return str(parameter.show_default)
    if getattr(parameter, "is_flag", False):
        return "on" if parameter.default else "off"
    return "none" if parameter.default in (None, "", ()) else f"`{parameter.default}`"


def _plain(text: str | None) -> str:
    return re.sub(r"\s+", " ", (text or "").replace("\b", "")).strip().replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 (a page to be redirected)
