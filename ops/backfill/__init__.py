"""`rollcall backfill`: past sessions through the same topics, keys and rules as live ones."""

from __future__ import annotations

import typer

from ops.backfill.command import backfill

_EXAMPLE = "Example:  rollcall backfill --from 2026-06-01 --to 2026-06-30 --dry-run"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backfill", epilog=_EXAMPLE)(backfill)
