"""The operator's commands for Brevo: bootstrap, doubts, going on, previews."""

from __future__ import annotations

import typer

from ops.brevo import bootstrap, effects, preview, resolving, resume


def register(app: typer.Typer) -> None:
    """Add the groups `brevo` and `effects`, and `preview`."""
    group = typer.Typer(help="Prepare and operate the Brevo account.", no_args_is_help=True)
    bootstrap.register(group)
    resume.register(group)
    app.add_typer(group, name="brevo")
    doubts = typer.Typer(invoke_without_command=True)
    doubts.callback(epilog=effects.EFFECTS_EPILOG)(effects.effects)
    doubts.command("resolve", epilog=resolving.RESOLVE_EPILOG)(resolving.resolve)
    app.add_typer(doubts, name="effects")
    preview.register(app)
