"""The commands that look: sessions, people and reasons, from the read model alone."""

from __future__ import annotations

import typer

from ops.views import explain, session, sessions, status


def register(app: typer.Typer) -> None:
    """Add `sessions`, `session`, `explain` and `status`."""
    sessions.register(app)
    session.register(app)
    explain.register(app)
    status.register(app)
