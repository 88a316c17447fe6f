"""`rollcall score`: candidate models beside the live one, and the switch to another."""

from __future__ import annotations

import typer

from ops.score import diff, rebuild

_DIFF = """\b
Examples:
  rollcall score diff                     the candidate, where there is one
  rollcall score diff --model 2 --to hot  who would become hot
  rollcall score diff --model 2 --csv > movers.csv
"""
_REBUILD = """\b
Examples:
  rollcall score rebuild --model 2 --dry-run  what would be computed
  rollcall score rebuild --model 2            a candidate, for everybody
  rollcall score rebuild --model 2 --switch   once it is the live model: Brevo is written
"""


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        help="Score models side by side (scoring.candidates): who would change tier, and the switch.",
        no_args_is_help=True,
    )
    group.command("diff", epilog=_DIFF)(diff.diff)
    group.command("rebuild", epilog=_REBUILD)(rebuild.rebuild)
    app.add_typer(group, name="score")
