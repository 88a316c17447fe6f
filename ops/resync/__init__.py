"""`rollcall resync`: commands to Brevo computed anew, from what is kept and today's configuration."""

from __future__ import annotations

import typer

from ops.resync import command


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("resync", epilog="Example:  rollcall resync --all --dry-run")(command.resync)
