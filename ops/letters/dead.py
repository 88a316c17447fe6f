"""`rollcall dlq list|show|resend|park|drop`."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Annotated

import orjson
import typer

from ops.letters import acts
from ops.letters.frame import LetterWords, WhichLetter, connected, expression, list_chosen, show_one
from ops.letters.planning import DROP, PARK, RESEND
from ops.letters.store import letters
from ops.options import DryRun, Json, Reason, Yes
from ops.selection.selection import Selection
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from schemas.topic import Topic
from schemas.topics import TOPICS

Parked = Annotated[
    bool, typer.Option("--parked", help="Also those that are parked, if an older version has seen them last.")
]
DEFAULT_TOPIC = "topic=raw.dlq"


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Look at dead letters, and send them again.", no_args_is_help=True)
    group.callback()(_group)
    group.command("list", epilog="Example:  rollcall dlq list topic=raw.dlq label=unreadable from=2h")(list_letters)
    group.command("show", epilog="Example:  rollcall dlq show 5d0f6a7c")(show)
    group.command("resend", epilog="Example:  rollcall dlq resend label=defect --reason 'mended in 0.2.1'")(resend)
    group.command("park", epilog="Example:  rollcall dlq park label=too_large --reason 'asked Zoom'")(park)
    group.command("drop", epilog="Example:  rollcall dlq drop label=unreadable --reason 'a test of ours'")(drop)
    app.add_typer(group, name="dlq")


def _group() -> None:
    """Look at dead letters, and send them again."""


def list_letters(words: LetterWords = None, as_json: Json = False) -> None:
    """List dead letters: of one topic, or how many every topic has.

    Without conditions it counts; with some it lists. Which: topic=raw.dlq (if none is named), label=, type=, from=,
    to=, stored-from=, stored-to=, session=, contact=, account=, offsets=, zone=.
    """
    configure_command_logging("ERROR")
    if words:
        list_chosen(expression(words, DEFAULT_TOPIC), as_json=as_json)
    else:
        _count(connected(), as_json=as_json)


def show(which: WhichLetter, as_json: Json = False) -> None:
    """Show one dead letter: why, where, how often, its shape without content, and what would be done with it now."""
    show_one(which, dead_letter_topics(), as_json=as_json)


def resend(
    words: LetterWords = None,
    reason: Reason = "",
    parked: Parked = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Send dead letters again to the topic that they are of, after a question.

    Without conditions: all of raw.dlq. What was handled meanwhile changes nothing. One that fails again is counted,
    not stored; after three times it is parked. Exit code 1: you said no, or Kafka does not answer.
    """
    which = expression(words, DEFAULT_TOPIC)
    acts.act(RESEND, which, reason, parked=parked, dry_run=dry_run, yes=yes, as_json=as_json)


def park(
    words: LetterWords = None, reason: Reason = "", dry_run: DryRun = False, yes: Yes = False, as_json: Json = False
) -> None:
    """Park dead letters: they are not sent again before somebody asks for it.

    Exit code 1: you said no, or Kafka does not answer.
    """
    which = expression(words, DEFAULT_TOPIC)
    acts.act(PARK, which, reason, dry_run=dry_run, yes=yes, as_json=as_json)


def drop(
    words: LetterWords = None, reason: Reason = "", dry_run: DryRun = False, yes: Yes = False, as_json: Json = False
) -> None:
    """Drop dead letters: they are never sent again. They stay in the topic until its retention ends.

    Exit code 1: you said no, or Kafka does not answer.
    """
    which = expression(words, DEFAULT_TOPIC)
    acts.act(DROP, which, reason, dry_run=dry_run, yes=yes, as_json=as_json)


def _count(connection: KafkaConnection, *, as_json: bool) -> None:
    counts = {topic.name: Counter(asyncio.run(_states(connection, topic))) for topic in dead_letter_topics()}
    if as_json:
        typer.echo(orjson.dumps(counts).decode())
        return
    for name, states in counts.items():
        if states:
            typer.echo(f"{name}: {', '.join(f'{count} {state}' for state, count in sorted(states.items()))}")
    if not any(counts.values()):
        typer.echo("no dead letters")


async def _states(connection: KafkaConnection, topic: Topic) -> list[str]:
    return [letter.state for letter in await letters(connection, Selection(topic))]


def dead_letter_topics() -> list[Topic]:
    """Where dead letters lie."""
    return [topic.dead_letter for topic in TOPICS if topic.dead_letters]
