"""Dead letters and quarantined deliveries: the buttons of `rollcall dlq` and `rollcall quarantine`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from console.acting import Answers, Field, LetterView, digest_of
from ops.letters.acts import carry_out, planned
from ops.letters.dead import DEFAULT_TOPIC, dead_letter_topics
from ops.letters.frame import find_letter, in_lines
from ops.letters.letter import Letter
from ops.letters.masking import masked
from ops.letters.planning import DROP, DROP_DELIVERY, PARK, RELEASE, RESEND, LetterAct, LetterPlan
from ops.letters.quarantine import TOPIC
from ops.selection.expression import with_topic
from runtime.kafka import KafkaConnection
from schemas.topics import QUARANTINE

_SHOWN = 20
_ID = re.compile(r"[0-9a-f]{32}")
_PARKED = Field(
    "parked", "Those that are parked", "Also sent: those that an older version saw last.", "no", ("no", "yes")
)

_OF_LETTERS = (
    (
        RESEND, "Send dead letters again",
        "Publishes them to the topic that they are of: what was handled meanwhile changes nothing.",
    ),
    (PARK, "Park dead letters", "They are not sent again before somebody asks for it."),
    (DROP, "Drop dead letters", "They are never sent again; they stay in the topic until its retention ends."),
)  # fmt: skip
_OF_DELIVERIES = (
    (RELEASE, "Release deliveries", "Publishes stale deliveries to the live topic: after a clock was off, say."),
    (DROP_DELIVERY, "Drop deliveries", "They are never released; they stay in the topic until its retention ends."),
)


@dataclass(frozen=True, slots=True)
class LetterButton:
    """One act on the letters of a selection."""

    connection: KafkaConnection
    act: LetterAct
    title: str
    about: str
    topic: str
    """The condition where none names a topic."""
    fields: Sequence[Field]

    @property
    def name(self) -> str:
        """In the audit topic."""
        return self.act.name

    def command(self, answers: Answers) -> str:
        """At a terminal."""
        words = [*self.act.name.split("."), *shlex.split(self._which(answers)), *_parked_option(answers)]
        return f"rollcall {shlex.join(words)} --reason …"

    def _which(self, answers: Answers) -> str:
        return with_topic(answers["which"], self.topic)

    async def plan(self, answers: Answers) -> PlannedLetters:
        """Of the letters that are there now."""
        found = await planned(self.connection, self.act, self._which(answers), parked=bool(_parked_option(answers)))
        return PlannedLetters(self.connection, found)


@dataclass(frozen=True, slots=True)
class PlannedLetters:
    """What would be done to letters."""

    connection: KafkaConnection
    found: LetterPlan

    @property
    def due(self) -> int:
        """How many letters."""
        return len(self.found.due)

    @property
    def lines(self) -> Sequence[str]:
        """The plan as the command tells it, and the first of the letters."""
        return [*self.found.in_words(), *_first(self.found.due)]

    @property
    def digest(self) -> str:
        """Of which letters in which state."""
        seen = [(letter.identity, letter.state, letter.resends) for letter in self.found.due]
        return digest_of(self.found.act.name, seen)

    async def carry_out(self, operator: str, reason: str) -> Sequence[str]:
        """As the command does."""
        await carry_out(self.connection, self.found, operator, reason)
        return [f"{self.due} {self.found.act.words}"]


@dataclass(frozen=True, slots=True)
class LetterOpener:
    """Opens a letter for a page."""

    connection: KafkaConnection

    async def __call__(self, identity: str) -> LetterView | None:
        """The letter with this id."""
        if not _ID.fullmatch(identity):
            return None
        letter = await find_letter(self.connection, [*dead_letter_topics(), QUARANTINE], identity)
        if letter is None:
            return None
        acts = (RELEASE, DROP_DELIVERY) if letter.topic == QUARANTINE.name else (RESEND, PARK, DROP)
        return LetterView(
            identity=letter.identity,
            lines=in_lines(letter),
            content=orjson.dumps(masked(letter.value), option=orjson.OPT_INDENT_2).decode(),
            conditions=f"topic={letter.topic} offsets={letter.partition}:{letter.offset}",
            acts=[act.name for act in acts],
        )


def letter_acts(connection: KafkaConnection) -> Iterator[LetterButton]:
    """All of them."""
    which = Field("which", "Which letters", "Conditions, as `rollcall dlq list` takes them.", DEFAULT_TOPIC)
    what = Field("which", "Which deliveries", "Conditions, as `rollcall quarantine list` takes them.", TOPIC)
    for act, title, about in _OF_LETTERS:
        fields = (which, _PARKED) if act is RESEND else (which,)
        yield LetterButton(connection, act, title, about, DEFAULT_TOPIC, fields)
    for act, title, about in _OF_DELIVERIES:
        yield LetterButton(connection, act, title, about, TOPIC, (what,))


def _parked_option(answers: Answers) -> list[str]:
    return ["--parked"] if answers.get("parked") == "yes" else []


def _first(due: Sequence[Letter]) -> Iterator[str]:
    for letter in due[:_SHOWN]:
        yield f"{letter.identity[:8]}  {letter.last_at:%Y-%m-%d %H:%M} UTC  {letter.label}  {letter.reason}".rstrip()
    if len(due) > _SHOWN:
        yield f"and {len(due) - _SHOWN} more"
