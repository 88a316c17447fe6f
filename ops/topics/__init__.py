"""`rollcall topics plan|apply`: the topics of the installation on the cluster, compared with what they shall be."""

from __future__ import annotations

import typer

from ops.topics import commands


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Compare the topics on the cluster with what they shall be.", no_args_is_help=True)
    group.callback()(_group)
    commands.register(group)
    app.add_typer(group, name="topics")


def _group() -> None:
    """Compare the topics on the cluster with what they shall be."""
