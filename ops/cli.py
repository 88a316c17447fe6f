"""The operator's command line `rollcall`: composed here, one module for each group of commands."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Annotated

import typer

from ops import (
    backfill,
    brevo,
    check,
    config,
    console,
    demo,
    filters,
    forget,
    gameday,
    letters,
    rebuild,
    replay,
    resync,
    run,
    sandbox,
    schemas,
    score,
    simulate,
    topics,
    trace,
    views,
    zoom,
)
from runtime.exits import run_guarded

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


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"rollcall {metadata.version('rollcall-connector')}")
        raise typer.Exit


def build_app() -> typer.Typer:
    """All commands; importing this module registers nothing."""
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
    run.register(app)
    config.register(app)
    console.register(app)
    sandbox.register(app)
    simulate.register(app)
    demo.register(app)
    gameday.register(app)
    views.register(app)
    trace.register(app)
    filters.register(app)
    zoom.register(app)
    schemas.register(app)
    check.register(app)
    letters.register(app)
    topics.register(app)
    backfill.register(app)
    brevo.register(app)
    resync.register(app)
    forget.register(app)
    replay.register(app)
    score.register(app)
    rebuild.register(app)
    return app


def _common(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> int:
    """The command line; the exit code, unless the line itself was wrong (then it exits with 2)."""
    return run_guarded(lambda: build_app()(prog_name="rollcall"), as_json="--json" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
