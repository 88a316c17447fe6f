"""`rollcall replay`: records published again, at a rate, with proof of what came of it."""

from __future__ import annotations

import typer

from ops.replay import command


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Publish records again, and see what came of it.", no_args_is_help=True)
    group.callback()(_group)
    group.command("plan", epilog="Example:  rollcall replay plan session=latest type=webinar.*")(command.plan)
    group.command("apply", epilog="Example:  rollcall replay apply from=2h --reason 'mended in 0.2.1'")(command.apply)
    group.command("status", epilog="Example:  rollcall replay status 20261127-1010")(command.status)
    group.command("pause", epilog="Example:  rollcall replay pause 20261127-1010")(command.pause)
    group.command("resume", epilog="Example:  rollcall replay resume 20261127-1010")(command.resume)
    app.add_typer(group, name="replay")


def _group() -> None:
    """Publish records again, and see what came of it."""
