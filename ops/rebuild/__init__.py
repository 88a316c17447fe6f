"""`rollcall rebuild`: the tables computed anew beside the live ones, compared, switched to, dropped."""

from __future__ import annotations

import typer

from ops.rebuild import diff, drop, grow, start, switch


def register(app: typer.Typer) -> None:
    """Add the group `rebuild`."""
    group = typer.Typer(help="Compute the tables anew beside the live ones, and switch to them.", no_args_is_help=True)
    group.command("start", epilog="Example:  rollcall rebuild start weights-2 --reason 'punctuality counts more'")(
        start.start
    )
    group.command("diff", epilog="Example:  rollcall rebuild diff weights-2 --json")(diff.diff)
    group.command("switch", epilog="Example:  rollcall rebuild switch weights-2 --reason 'agreed with marketing'")(
        switch.switch
    )
    group.command("drop", epilog="Example:  rollcall rebuild drop first")(drop.drop)
    group.command("grow", epilog="Example:  KAFKA_TOPIC_PREFIX=wide- rollcall rebuild grow live-")(grow.grow)
    app.add_typer(group, name="rebuild")
