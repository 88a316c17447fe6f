"""What the commands about letters share: the selection, the question, what is shown."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from ops.failure import found_wrong
from ops.letters.labels import check_label
from ops.letters.letter import Letter
from ops.letters.masking import masked, what_would_be_done
from ops.letters.store import letters
from ops.selection.expression import parse_selection, with_topic
from ops.selection.finding import finder_for
from ops.selection.selection import Selection
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from schemas.errors import ConfigurationError
from schemas.instants import format_instant
from schemas.topic import Topic
from schemas.topics import QUARANTINE, TOPICS

LetterWords = Annotated[list[str] | None, typer.Argument(help="Which: conditions as in docs/how-to/dead-letters.md.")]
WhichLetter = Annotated[str, typer.Argument(help="Its id, or the beginning of it, as `list` shows it.")]


async def chosen(connection: KafkaConnection, expression: str) -> tuple[Selection, list[Letter]]:
    """The selection that an expression means, and its letters.

    Raises:
        ConfigurationError: it cannot be understood, or means a label that there is not.
        RetryLaterError: Kafka does not answer.
    """
    selection = parse_selection(expression, await finder_for(connection, expression), datetime.now(UTC))
    check_letters_lie_in(selection.topic)
    found = await letters(connection, selection)
    if selection.label is not None and not found:
        everything = await letters(connection, Selection(selection.topic))
        check_label(selection.label, selection.topic, (letter.label for letter in everything))
    return selection, found


def check_letters_lie_in(topic: Topic) -> None:
    """Else all that a topic holds would be listed, and sent again, as if it had failed.

    Raises:
        ConfigurationError: it holds no letters.
    """
    if topic != QUARANTINE and topic not in [known.dead_letter for known in TOPICS if known.dead_letters]:
        its_own = f": its dead letters are those of topic={topic.name}.dlq" if topic.dead_letters else ""
        raise ConfigurationError(f"no letters lie in {topic.name}{its_own}")


def connected() -> KafkaConnection:
    """The Kafka of the environment."""
    return KafkaConnection.from_environment(os.environ)


def expression(words: Sequence[str] | None, default_topic: str) -> str:
    """One text of what the shell has taken apart, with a topic where none is named."""
    return with_topic(" ".join(map(_quoted, words or ())), default_topic)


def _quoted(word: str) -> str:
    # The shell has taken the quotes of `session="Spring launch"`, or was given all conditions as one text.
    name, equals, value = word.partition("=")
    return f"{name}={shlex.quote(value)}" if equals and " " in value and "=" not in value else word


def list_chosen(which: str, *, as_json: bool) -> None:
    """Print the letters of a selection, which is told in full."""
    selection, found = asyncio.run(chosen(connected(), which))
    if as_json:
        told = {"selection": str(selection), "letters": [document(letter) for letter in found]}
        typer.echo(orjson.dumps(told).decode())
        return
    console = Console(highlight=False)
    console.print(f"{selection}: {len(found)}", markup=False, soft_wrap=True)
    if found:
        show_table(console, found)


def show_one(which: str, topics: Sequence[Topic], *, as_json: bool) -> None:
    """Print one letter: why, where, how often, its shape without content, and what would be done with it now."""
    configure_command_logging("ERROR")
    letter = asyncio.run(find_letter(connected(), topics, which))
    if letter is None:
        raise found_wrong(f"no letter's id begins with {which}; `list` shows them", as_json=as_json)
    if as_json:
        seen = {"content": masked(letter.value), "now": _now(letter)}
        typer.echo(orjson.dumps(document(letter) | seen).decode())
        return
    for name, what in in_lines(letter).items():
        typer.echo(f"{name:15} {what}")
    typer.echo(orjson.dumps(masked(letter.value), option=orjson.OPT_INDENT_2).decode())


async def find_letter(connection: KafkaConnection, topics: Sequence[Topic], which: str) -> Letter | None:
    """The letter whose id begins so; ``None``: there is none.

    Raises:
        ConfigurationError, RetryLaterError: as `letters`.
    """
    for topic in topics:
        for letter in await letters(connection, Selection(topic)):
            if letter.identity.startswith(which):
                return letter
    return None


def in_lines(letter: Letter) -> dict[str, str]:
    """All about a letter but its content, by name, in the order in which it is read."""
    return {
        "id": letter.identity,
        "lies in": f"{letter.topic}/{letter.partition}/{letter.offset}",
        "failed last at": letter.source,
        "stage": letter.stage,
        "label": letter.label,
        "reason": letter.reason,
        "attempts": f"{letter.attempts}, sent again {letter.resends} times",
        "first": format_instant(int(letter.first_at.timestamp())),
        "last": format_instant(int(letter.last_at.timestamp())),
        "version": letter.version,
        "event": letter.facts.event_type,
        "state": letter.state,
        "now": _now(letter),
    }


def _now(letter: Letter) -> str:
    target = next(topic for topic in TOPICS if topic.name == letter.target)
    return what_would_be_done(target, letter.value, int(letter.facts.stored_at.timestamp() * 1_000))


def document(letter: Letter) -> dict[str, Any]:
    """A letter for machines, without its content."""
    return {
        "letter_id": letter.identity,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "state": letter.state,
        "label": letter.label,
        "reason": letter.reason,
        "stage": letter.stage,
        "source": letter.source,
        "attempts": letter.attempts,
        "resends": letter.resends,
        "first_at": letter.first_at.isoformat(),
        "last_at": letter.last_at.isoformat(),
        "version": letter.version,
        "event_type": letter.facts.event_type,
    }


def show_table(console: Console, found: Sequence[Letter]) -> None:
    """A line each."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for name in ("id", "last", "state", "label", "times", "what"):
        table.add_column(name, overflow="fold")
    for letter in found:
        when = format_instant(int(letter.last_at.timestamp()))
        what = letter.reason or letter.facts.event_type
        table.add_row(letter.identity[:8], when, letter.state, letter.label, str(letter.attempts), what)
    console.print(table)
