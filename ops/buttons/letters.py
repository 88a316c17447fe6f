"""Dead letters and quarantined deliveries: the buttons of `rollcall dlq` and `rollcall quarantine`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from console.acting import Act, Field, FormAnswers, LetterView, PlannedAct, digest_of
from ops.buttons.commands import with_reason
from ops.buttons.yes_or_no import flag, says_yes, yes_or_no
from ops.letters.acts import carry_out, planned
from ops.letters.dead import DEFAULT_TOPIC, dead_letter_topics
from ops.letters.frame import find_letter, in_lines
from ops.letters.letter import Letter
from ops.letters.masking import masked
from ops.letters.planning import DROP, DROP_DELIVERY, PARK, RELEASE, RESEND, LetterAct
from ops.letters.quarantine import QUARANTINE_CONDITION
from ops.selection.expression import with_topic
from runtime.kafka import KafkaConnection
from schemas.topics import QUARANTINE

_SHOWN = 20
_ID = re.compile(r"[0-9a-f]{32}")
_PARKED = yes_or_no("parked", "Those that are parked", "Also sent: those that an older version saw last.")

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


def letter_acts(connection: KafkaConnection) -> Iterator[Act]:
    """All of them."""
    which = Field("which", "Which letters", "Conditions, as `rollcall dlq list` takes them.", DEFAULT_TOPIC)
    what = Field(
        "which", "Which deliveries", "Conditions, as `rollcall quarantine list` takes them.", QUARANTINE_CONDITION
    )
    for act, title, about in _OF_LETTERS:
        fields = (which, _PARKED) if act is RESEND else (which,)
        yield _letter_act(connection, act, title, about, fields)
    for act, title, about in _OF_DELIVERIES:
        yield _letter_act(connection, act, title, about, (what,))


def _letter_act(connection: KafkaConnection, act: LetterAct, title: str, about: str, fields: Sequence[Field]) -> Act:
    """One act on the letters of a selection."""
    topic = fields[0].default

    def command(answers: FormAnswers) -> str:
        conditions = shlex.split(with_topic(answers["which"], topic))
        return with_reason(*act.name.split("."), *conditions, *flag(answers, _PARKED))

    async def plan(answers: FormAnswers) -> PlannedAct:
        conditions = with_topic(answers["which"], topic)
        found = await planned(connection, act, conditions, parked=says_yes(answers, _PARKED))

        async def do(operator: str, reason: str) -> Sequence[str]:
            await carry_out(connection, found, operator, reason)
            return [f"{len(found.due)} {act.words}"]

        seen = [(letter.identity, letter.state, letter.resends) for letter in found.due]
        lines = [*found.in_words(), *_first(found.due)]
        return PlannedAct(lines, digest_of(act.name, seen), do, len(found.due))

    return Act(act.name, title, about, fields, command, plan)


def _first(due: Sequence[Letter]) -> Iterator[str]:
    for letter in due[:_SHOWN]:
        yield f"{letter.identity[:8]}  {letter.last_at:%Y-%m-%d %H:%M} UTC  {letter.label}  {letter.reason}".rstrip()
    if len(due) > _SHOWN:
        yield f"and {len(due) - _SHOWN} more"
