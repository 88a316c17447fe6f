"""Options that mean the same in every command, and the question before an act."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the audit topic.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def agreed(question: str, *, yes: bool) -> bool:
    """Whether a person said yes, by `--yes` or at a terminal; without either: no, and says so. Asks on stderr."""
    if yes or sys.stdin.isatty():
        return yes or typer.confirm(question, err=True)
    typer.echo(f"nothing was done: {question} --yes says so where no terminal can be asked", err=True)
    return False
