"""`rollcall rebuild switch`: makes another state the live one, and undoes that."""

from __future__ import annotations

import asyncio
from typing import Annotated

import orjson
import typer

from ops.failure import found_wrong, stopping
from ops.options import Json, Reason, Yes, agreed
from ops.rebuild.switching import Switched, switch_over, switchable
from ops.workplace import Workplace
from runtime.logs import configure_command_logging

_AGAIN = "Repeat it, by the name of the state that shall be live: it goes on where it stood."


def switch(
    name: Annotated[str | None, typer.Argument(help="Of the state that shall be live.", show_default=False)] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Back to the state that was live before.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also to a state that has not caught up: what it lacks is taken back first.")
    ] = False,
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Make a state the live one, or undo that; while no worker runs.

    Stop all workers, let `rollcall rebuild start NAME` catch up once more, switch, and start the workers: they read
    which state is live when they start. What differs is told on the public topics, and commands are computed anew for
    the contacts whom it concerns; the ledger of what Brevo has, and which events it was sent, stays. No event is sent
    because of it, and what was under way is told as it would have been. It can be undone until the other state is
    dropped: put the configuration back, too. Stopped in between, it is to be repeated, by name. Noted in the audit
    topic. Exit code 1: you said no, or Kafka does not answer.
    """
    configure_command_logging("ERROR")
    if (name is None) != undo:
        raise typer.BadParameter("give the name of a state, or --undo")
    with stopping(_AGAIN, as_json=as_json):
        done = asyncio.run(_switch(name, reason, force=force, yes=yes))
    if done is None:
        raise found_wrong("nothing was changed", as_json=as_json)
    if as_json:
        typer.echo(orjson.dumps(done.document).decode())
    else:
        typer.echo("\n".join(done.in_words()))


async def _switch(name: str | None, reason: str, *, force: bool, yes: bool) -> Switched | None:
    """What was done, ``None``: a person said no."""
    place = Workplace.here(computes=True)
    plan = await switchable(place, name, force=force)
    if not plan.is_made and not agreed(f"{plan.in_words()}?", yes=yes):
        return None
    return await switch_over(place, plan, reason)
