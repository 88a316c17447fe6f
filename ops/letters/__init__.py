"""`rollcall dlq` and `rollcall quarantine`: what could not be handled, looked at, sent again, parked or dropped."""

from __future__ import annotations

import typer

from ops.letters import dead, quarantine


def register(app: typer.Typer) -> None:
    """Add both groups."""
    dead.register(app)
    quarantine.register(app)
