"""The button of `rollcall effects resolve`. The console has no key of Brevo's: it cannot ask whether Brevo has them."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from console.acting import Answers, Field, digest_of
from ops.brevo.choosing import verdict_of
from ops.brevo.deciding import Decided, chosen, decide
from ops.brevo.ledger import Open
from readmodel.words import counted
from runtime.kafka import KafkaConnection
from schemas.brevo import Verdict
from schemas.errors import ConfigurationError

_SHOWN = 20
_ONE, _ALL = "one event", "all"
_WHICH = (_ONE, "session", "contact", "name", _ALL)
_VERDICTS: Mapping[str, Verdict] = {"sent": "sent", "resend": "resend", "drop": "drop"}
Condition: TypeAlias = dict[str, str]
"""The argument of `chosen` that is asked for; empty: all."""


@dataclass(frozen=True, slots=True)
class DoubtsButton:
    """Events in doubt, decided about."""

    connection: KafkaConnection
    name: str = "effects.resolve"
    title: str = "Decide about events in doubt"
    about: str = (
        "Events whose call was made and whose answer was lost: were they sent, are they to be sent now, or to be "
        "forgotten? This console has no key of Brevo's and cannot ask: `rollcall effects --check` shows what Brevo has."
    )
    fields: Sequence[Field] = (
        Field("whom", "Which", "", _ONE, _WHICH),
        Field(
            "which", "Namely",
            "The event's id; a session's uuid, `latest` or words of its topic; an e-mail address or contact id; the "
            "name of events; nothing for all.",
        ),
        Field(
            "verdict", "What becomes of them", "sent: never again; resend: now; drop: never.", "sent", tuple(_VERDICTS)
        ),
    )  # fmt: skip

    def command(self, answers: Answers) -> str:
        """At a terminal, where Brevo is asked first."""
        whom, which = answers["whom"], shlex.quote(answers["which"])
        what = {_ONE: which, _ALL: "--all"}.get(whom, f"--{whom} {which}")
        return f"rollcall effects resolve {what} --{answers['verdict']} --reason …"

    async def plan(self, answers: Answers) -> PlannedDecision:
        """Of the events that are in doubt now."""
        verdict = _VERDICTS.get(answers["verdict"])
        if verdict is None:
            raise ConfigurationError(f"say what becomes of them: {', '.join(_VERDICTS)}")
        found, _titles = await chosen(self.connection, **_condition(answers))
        if answers["whom"] == _ONE and len(found) > 1:
            raise ConfigurationError(f"{len(found)} ids of events begin with {answers['which']}")
        return PlannedDecision(self.connection, found, verdict)


@dataclass(frozen=True, slots=True)
class PlannedDecision:
    """What would become of whom."""

    connection: KafkaConnection
    found: Sequence[Open]
    verdict: Verdict

    @property
    def due(self) -> int:
        """Events."""
        return len(self.found)

    @property
    def lines(self) -> Sequence[str]:
        """How many of doubt name, and the first of them."""
        return list(_in_words(self.found, self.verdict))

    @property
    def digest(self) -> str:
        """Of the events, and what becomes of them."""
        return digest_of(self.verdict, sorted(doubt.command.command_id for doubt in self.found))

    async def carry_out(self, operator: str, reason: str) -> Sequence[str]:
        """As the command does with `--unchecked`."""
        decided = [Decided(doubt, "unknown", verdict_of(self.verdict, "unknown")) for doubt in self.found]
        await decide(self.connection, decided, self.verdict, operator, reason)
        return [f"{counted(self.due, 'event')} decided about: {self.verdict}"]


def _in_words(found: Sequence[Open], verdict: Verdict) -> Iterator[str]:
    names = Counter(doubt.command.name for doubt in found)
    yield f"{counted(len(found), 'event')} in doubt: {verdict}"
    yield from (f"  {count} {name}" for name, count in sorted(names.items()))
    if found and verdict == "resend":
        yield "Brevo is not asked: whom it has told already is told twice"
    for doubt in found[:_SHOWN]:
        command = doubt.command
        yield f"{command.command_id[:8]}  {command.event_date:%Y-%m-%d}  {command.name}  {command.contact_id[:12]}"
    if len(found) > _SHOWN:
        yield f"and {len(found) - _SHOWN} more"


def _condition(answers: Answers) -> Condition:
    whom, which = answers["whom"], answers["which"]
    if whom == _ALL:
        return {}
    if not which:
        raise ConfigurationError(f"say which {whom}")
    return {"command_id" if whom == _ONE else whom: which}
