"""`rollcall zoom …`: what an operator does with a Zoom account."""

from __future__ import annotations

import typer

from ops.zoom.login import login, logout
from ops.zoom.recover import recover
from ops.zoom.scopes import scopes
from ops.zoom.subscribe import subscribe

_RECOVER = "Example:  rollcall zoom recover --since 24h --app-id nqSreNVsQ2eGzUMGnA8AHA"
_SUBSCRIBE = "Example:  rollcall zoom subscribe --url https://hooks.example.com/webhooks/zoom"


def register(app: typer.Typer) -> None:
    """Add the group `zoom`."""
    group = typer.Typer(help="Log in to Zoom, subscribe to its events, recover lost ones.", no_args_is_help=True)
    group.command("scopes", epilog="Example:  rollcall zoom scopes --all")(scopes)
    group.command("login", epilog="Example:  rollcall zoom login --account Rc8dTr2xR9-aLwK3vNzY5g")(login)
    group.command("logout", epilog="Example:  rollcall zoom logout")(logout)
    group.command("subscribe", epilog=_SUBSCRIBE)(subscribe)
    group.command("recover", epilog=_RECOVER)(recover)
    app.add_typer(group, name="zoom")
