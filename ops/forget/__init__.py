"""`rollcall forget` and `rollcall export`: a person's right to be forgotten, and to know what is known."""

from __future__ import annotations

import typer

from ops.forget import command, export


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command("forget", epilog="Example:  rollcall forget maya@example.com --brevo --reason DSR-17")(command.forget)
    app.command("export", epilog="Example:  rollcall export maya@example.com > maya.json")(export.export)
