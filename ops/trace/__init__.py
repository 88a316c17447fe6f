"""Everything that is kept of a contact, a session or a delivery, in order of time."""

from __future__ import annotations

import typer

from ops.trace import command


def register(app: typer.Typer) -> None:
    """Add the group `trace`."""
    command.register(app)
