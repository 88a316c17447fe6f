"""The operator's command line `rollcall`: composed here, one module for each group of commands."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Annotated, Any

import typer

from runtime.exits import USAGE, run_guarded

_HELP = """Zoom to Brevo over Kafka: who attended, for how long, who stayed away.

Exit codes: 0 done, 1 found something wrong or was not answered, 2 wrong usage or configuration, 70 internal error, 130
Ctrl-C.
"""
# \b: these lines are not wrapped.
_EXAMPLES = """\b
Examples:
  rollcall demo                       see all of it at work on this machine
  rollcall config show                what a process would run with
  rollcall ingress                    receive Zoom's webhooks
  rollcall worker                     turn them into contacts in Brevo
  rollcall console                    look at sessions and people in a browser
  rollcall sandbox zoom --port 9001   a Zoom to play with
  rollcall simulate webinar --seed 7  a webinar's webhooks, signed
"""

# Each module has a `register(app)`, which adds these commands; in the order of `rollcall --help`.
_ROOMS = {
    "ops.run": ("ingress", "worker"),
    "ops.config": ("config",),
    "ops.console": ("console",),
    "ops.sandbox": ("sandbox",),
    "ops.simulate": ("simulate",),
    "ops.demo": ("demo",),
    "ops.gameday": ("gameday",),
    "ops.views": ("sessions", "session", "explain", "status"),
    "ops.trace": ("trace",),
    "ops.filters": ("filters",),
    "ops.zoom": ("zoom",),
    "ops.schemas": ("schemas",),
    "ops.check": ("check",),
    "ops.letters": ("dlq", "quarantine"),
    "ops.topics": ("topics",),
    "ops.backfill": ("backfill",),
    "ops.brevo": ("brevo", "effects", "preview"),
    "ops.resync": ("resync",),
    "ops.forget": ("forget", "export"),
    "ops.replay": ("replay",),
    "ops.score": ("score",),
    "ops.rebuild": ("rebuild",),
}


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"rollcall {metadata.version('rollcall-connector')}")
        raise typer.Exit


def build_app(first: str | None = None) -> typer.Typer:
    """The commands; importing this module registers nothing.

    Args:
        first: the first word of a command line. When it is a command, nothing else is imported but its own module,
            which takes a fifth of the time; for any other word, all commands are there.
    """
    app = typer.Typer(
        help=_HELP,
        epilog=_EXAMPLES,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_common)
    named = [room for room, commands in _ROOMS.items() if first in commands]
    for room in named or _ROOMS:
        importlib.import_module(room).register(app)
    return app


def _common(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def command_line(words: Sequence[str]) -> Callable[[], int]:
    """What `rollcall` does with these words: all that it needs is imported, and nothing has begun.

    It returns the exit code, unless the words themselves were wrong: then it exits with 2.
    """
    app, as_json = build_app(next(iter(words), None)), "--json" in words

    def run() -> None:
        try:
            app(words, prog_name="rollcall")
        except SystemExit as ended:
            if as_json and ended.code == USAGE:
                _tell_wrong_usage(ended)
            raise

    return lambda: run_guarded(run, as_json=as_json)


def _tell_wrong_usage(ended: SystemExit) -> None:
    """The document of a failure, in the form of `run_guarded`; Typer has told people already, and exited."""
    wrong: Any = ended.__context__  # Typer's error, which has a method for its text; its class is not public
    typer.echo(json.dumps({"error": wrong.format_message(), "exit_code": USAGE}))


if __name__ == "__main__":
    sys.exit(command_line(sys.argv[1:])())
