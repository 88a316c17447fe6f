"""The button of `rollcall effects resolve`. The console has no key of Brevo's: it cannot ask whether Brevo has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from console.acting import Act, Field, FormAnswers, PlannedAct, digest_of
from ops.brevo.choosing import verdict_of
from ops.brevo.deciding import Decided, chosen, decide
from ops.brevo.ledger import Open
from ops.buttons.commands import with_reason
from readmodel.words import counted
from runtime.kafka import KafkaConnection
from schemas.brevo import Verdict
from schemas.errors import ConfigurationError

_SHOWN = 20
_ONE, _ALL = "one event", "all"
_WHICH = (_ONE, "session", "contact", "name", _ALL)
_VERDICTS: Mapping[str, Verdict] = {"sent": "sent", "resend": "resend", "drop": "drop"}
_FIELDS = (
    Field("whom", "Which", "", _ONE, _WHICH),
    Field(
        "which", "Namely",
        "The event's id; a session's uuid, `latest` or words of its topic; an e-mail address or contact id; the "
        "name of events; nothing for all.",
    ),
    Field("verdict", "What becomes of them", "sent: never again; resend: now; drop: never.", "sent", tuple(_VERDICTS)),
)  # fmt: skip
DoubtsChosenBy: TypeAlias = dict[str, str]
"""The argument of `chosen` that is asked for; empty: all."""


def doubts_act(connection: KafkaConnection) -> Act:
    """Events in doubt, decided about."""

    async def plan(answers: FormAnswers) -> PlannedAct:
        verdict = _VERDICTS.get(answers["verdict"])
        if verdict is None:
            raise ConfigurationError(f"say what becomes of them: {', '.join(_VERDICTS)}")
        found, _titles = await chosen(connection, **_condition(answers))
        if answers["whom"] == _ONE and len(found) > 1:
            raise ConfigurationError(f"{len(found)} ids of events begin with {answers['which']}")

        async def carry_out(operator: str, reason: str) -> Sequence[str]:
            # As the command does with `--unchecked`.
            decided = [Decided(doubt, "unknown", verdict_of(verdict, "unknown")) for doubt in found]
            await decide(connection, decided, verdict, operator, reason)
            return [f"{counted(len(found), 'event')} decided about: {verdict}"]

        digest = digest_of(verdict, sorted(doubt.command.command_id for doubt in found))
        return PlannedAct(list(_in_words(found, verdict)), digest, carry_out, len(found))

    return Act(
        name="effects.resolve",
        title="Decide about events in doubt",
        about="Events whose call was made and whose answer was lost: were they sent, are they to be sent now, or to be "
        "forgotten? This console has no key of Brevo's and cannot ask: `rollcall effects --check` shows what Brevo "
        "has.",
        fields=_FIELDS,
        command=_command,
        plan=plan,
    )


def _command(answers: FormAnswers) -> str:
    """At a terminal, where Brevo is asked first."""
    whom, which = answers["whom"], answers["which"]
    what = {_ONE: [which], _ALL: ["--all"]}.get(whom, [f"--{whom}", which])
    return with_reason("effects", "resolve", *what, f"--{answers['verdict']}")


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


def _condition(answers: FormAnswers) -> DoubtsChosenBy:
    whom, which = answers["whom"], answers["which"]
    if whom == _ALL:
        return {}
    if not which:
        raise ConfigurationError(f"say which {whom}")
    return {"command_id" if whom == _ONE else whom: which}
