"""The commands: what differs as a table, and setting it right."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

import orjson
import typer
from rich.console import Console

from ops.audit import operator_name
from ops.failure import stopping
from ops.options import Json, Reason, Yes, agreed
from ops.topics.acts import change, compared
from ops.topics.display import document, outcome, show
from readmodel.words import counted
from runtime.exits import FOUND_WRONG
from runtime.logs import configure_command_logging

Lose = Annotated[
    bool, typer.Option("--lose", help="Also what makes Kafka delete or refuse records: shorter retention, deletion.")
]


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("plan", epilog="Example:  rollcall topics plan")(plan)
    group.command("apply", epilog="Example:  rollcall topics apply --reason 'retention after the move'")(apply)


def plan(as_json: Json = False) -> None:
    """Show how the topics on the cluster differ from what they shall be; nothing is changed.

    Partitions, replicas, retention, compaction, sizes and min.insync.replicas of every topic and changelog. Exit code
    1: something differs.
    """
    configure_command_logging("ERROR")
    with stopping("Nothing was changed.", as_json=as_json):
        found = asyncio.run(compared(os.environ))
    if as_json:
        typer.echo(orjson.dumps(document(found)).decode())
    else:
        show(found, _console())
    if found.differences:
        raise typer.Exit(FOUND_WRONG)


def apply(lose: Lose = False, reason: Reason = "", yes: Yes = False, as_json: Json = False) -> None:
    """Create what is missing and set what differs, after a question; it is noted in the audit topic.

    Never changes partitions or replicas of a topic that is there, never deletes a topic, and leaves alone what others
    have set. Exit code 1: something still differs.
    """
    configure_command_logging("ERROR")
    with stopping("Start it again: what is set already stays so.", as_json=as_json):
        left = asyncio.run(_apply(reason, lose=lose, yes=yes, as_json=as_json))
    if left:
        raise typer.Exit(FOUND_WRONG)


async def _apply(reason: str, *, lose: bool, yes: bool, as_json: bool) -> int:
    """How many things still differ."""
    found = await compared(os.environ)
    due = found.due(lose=lose)
    if not as_json:
        show(found, _console())
    question = f"Change {counted(len(due), 'thing')} on {found.connection.bootstrap_servers}?"
    if due and agreed(question, yes=yes):
        await change(found, due, operator_name(), reason)
        found = await compared(os.environ)
        if not as_json:
            typer.echo(outcome(due, found))
    if as_json:
        typer.echo(orjson.dumps(document(found)).decode())
    return len(found.differences)


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
