"""The acts of the commands about letters: sent again, parked, dropped; each after a question, and noted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version

import orjson
import typer
from rich.console import Console
from rich.progress import track

from ops.letters.frame import chosen, connected
from ops.letters.letter import Letter
from ops.letters.store import letter_desk
from ops.options import agreed
from ops.selection.selection import Selection
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from schemas.letters import LetterState


def send(act: str, expression: str, reason: str, *, parked: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Publish the letters of a selection again, but for those that are not to be; it is said why.

    Args:
        act: its name in the audit topic.
        expression: which.
        reason: for the audit topic.
        parked: also those that are parked, if an older version has seen them last.
        dry_run: only say what would be done.
        yes: do not ask.
        as_json: one document on stdout.
    """
    configure_command_logging("ERROR")
    connection = connected()
    selection, found = asyncio.run(chosen(connection, expression))
    kept = [letter.why_not_sent(version=version("rollcall-connector"), parked=parked) for letter in found]
    due = [letter for letter, why in zip(found, kept, strict=True) if not why]
    if not as_json:
        typer.echo(f"{selection}: {len(due)} of {len(found)} are to be sent again")
        for why, count in Counter(why for why in kept if why).items():
            typer.echo(f"  {count} are not: {why}")
    done = [] if dry_run or not due or not agreed(f"Send {len(due)} again?", yes=yes) else due
    if done:
        asyncio.run(_send(connection, selection, done, reason, act))
    _tell("sent again", found, due, done, as_json=as_json)


def decide(
    act: str, state: LetterState, expression: str, reason: str, *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Note a decision about the letters of a selection; arguments as of `send`."""
    configure_command_logging("ERROR")
    connection = connected()
    selection, found = asyncio.run(chosen(connection, expression))
    due = [letter for letter in found if letter.state not in (state, "dropped")]
    if not as_json:
        typer.echo(f"{selection}: {len(due)} of {len(found)} are to be {state}")
    done = [] if dry_run or not due or not agreed(f"Shall {len(due)} be {state}?", yes=yes) else due
    if done:
        asyncio.run(_note(connection, selection, done, state, reason, act))
    _tell(state, found, due, done, as_json=as_json)


async def _send(
    connection: KafkaConnection, selection: Selection, due: Sequence[Letter], reason: str, act: str
) -> None:
    async with letter_desk(connection, version("rollcall-connector")) as desk:
        for letter in track(due, "sending again", console=Console(stderr=True), transient=True):
            # Said first: a letter that fails again before the decision is there would count as failed before it.
            await desk.decide(letter, "resent", reason)
            await desk.send_again(letter)
        await desk.note(act, selection, due, reason)


async def _note(
    connection: KafkaConnection, selection: Selection, due: Sequence[Letter], state: LetterState, reason: str, act: str
) -> None:
    async with letter_desk(connection, version("rollcall-connector")) as desk:
        for letter in due:
            await desk.decide(letter, state, reason)
        await desk.note(act, selection, due, reason)


def _tell(what: str, found: Sequence[Letter], due: Sequence[Letter], done: Sequence[Letter], *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps({"selected": len(found), "due": len(due), "done": len(done)}).decode())
    else:
        typer.echo(f"{len(done)} {what}")
