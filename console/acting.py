"""What operators can do from a page, as the console sees it: an act is asked, planned, shown, and only then done.

The console knows no act by itself: whoever composes the process hands them over (`ops.buttons`, the commands' own
functions). So the pages stay over the read model alone, and what a button does is what its command does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

FormAnswers = Mapping[str, str]
"""What a form says, by a field's name; no name is missing."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something that an act asks."""

    name: str
    label: str
    hint: str = ""
    default: str = ""
    choices: Sequence[str] = ()
    """None: any text."""


@dataclass(frozen=True, slots=True)
class MadeFile:
    """What an act has made for who asked for it: a file, to be taken once."""

    name: str
    content: bytes
    """A JSON document."""
    lines: Sequence[str]
    """What was done; nothing of the content."""


ActOutcome = Sequence[str] | MadeFile
"""What was done, line by line, and perhaps a file of it."""


@dataclass(frozen=True, slots=True)
class PlannedAct:
    """What an act would do to what is there now."""

    lines: Sequence[str]
    """For people, before anything happens; no address, no content."""
    digest: str
    """Equal for plans that do the same (`digest_of`): what was seen is what is done."""
    carry_out: Callable[[str, str], Coroutine[None, None, ActOutcome]]
    """Given the operator and the reason: do it, note it in the audit topic, and tell what was done.

    Raises:
        ConfigurationError: it cannot be done as things are.
        RetryLaterError: Kafka does not answer; part of it may be done.
    """
    due: int = 1
    """How many things it is done to; 0: there is nothing to do."""


def digest_of(*seen: Any) -> str:
    """A plan's `digest`, of all that tells it from another: plain values, in a fixed order."""
    return hashlib.sha256(orjson.dumps(seen)).hexdigest()


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that operators can do."""

    name: str
    """In the audit topic and in URLs: ``dlq.resend``."""
    title: str
    """On its button."""
    about: str
    """What it does, in a sentence or two."""
    fields: Sequence[Field]
    """What it asks."""
    command: Callable[[FormAnswers], str]
    """The command that does the same."""
    plan: Callable[[FormAnswers], Coroutine[None, None, PlannedAct]]
    """What it would do.

    Raises:
        ConfigurationError: an answer means nothing.
        RetryLaterError: Kafka does not answer.
    """


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter, opened."""

    identity: str
    lines: Mapping[str, str]
    content: str
    """Its shape; nothing of a person."""
    conditions: str
    """That mean this letter alone: the answer of its acts' field `which`."""
    acts: Sequence[str]
    """What can be done with it: names."""


@dataclass(frozen=True, slots=True)
class TerminalCommand:
    """What the console cannot do, since it lacks a secret, or a file: a person types it."""

    command: str
    """An example of it."""
    about: str
    """What it does, and why there is no button."""


@dataclass(frozen=True, slots=True)
class Acting:
    """What the process was given."""

    acts: Mapping[str, Act]
    """By name, in the order of the page."""
    letter: Callable[[str], Coroutine[None, None, LetterView | None]]
    """Opens the letter of an id."""
    terminal: Sequence[TerminalCommand] = ()
    """In the order of the page."""
