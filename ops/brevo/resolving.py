"""`rollcall effects resolve`: what a person decides about events in doubt, one or many."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from ops.audit import operator_name
from ops.brevo.at_brevo import AtBrevo
from ops.brevo.choosing import DoubtWish, verdict_of
from ops.brevo.deciding import Decided, chosen, decide
from ops.brevo.effects import (
    OfContact,
    OfName,
    OfSession,
    asked_of_brevo,
    show_events,
    shown,
)
from ops.brevo.ledger import Open
from ops.failure import found_wrong
from ops.options import Json, Reason, Yes, agreed
from ops.views.output import Mask, terminal, write_json
from readmodel.words import counted
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging

RESOLVE_EPILOG = """\b
Examples:
  rollcall effects resolve 3f0c9a --sent
  rollcall effects resolve --session latest --as-found
  rollcall effects resolve --all --drop --reason "a test of the sandbox"
"""


DoubtId = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="As `rollcall effects` shows it, or its beginning.")
]
AsFound = Annotated[bool, typer.Option("--as-found", help="What Brevo has was sent, what it has not is sent now.")]
_FATE = "what becomes of it"


def resolve(
    command_id: DoubtId = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every event in doubt.")] = False,
    session: OfSession = None,
    contact: OfContact = None,
    name: OfName = None,
    sent: Annotated[bool, typer.Option("--sent", help="They were sent: never again.")] = False,
    resend: Annotated[bool, typer.Option("--resend", help="They were not: send them now.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Forget them: they are not sent.")] = False,
    as_found: AsFound = False,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Do not ask Brevo first.")] = False,
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
    mask: Mask = False,
) -> None:
    """Decide about one event in doubt, or about many: all, or those of a session, a contact or a name.

    Brevo is asked first, and one that it has is not sent again. What would become of many is shown, and done if you
    say so. The decision is noted in the audit topic.

    Exit code 1: no such event is in doubt, several begin so, or some stay in doubt.
    """
    configure_command_logging()
    wish = _wish(sent=sent, resend=resend, drop=drop, as_found=as_found)
    _check_words(command_id, wish, many=bool(everything or session or contact or name), unchecked=unchecked)
    connection = KafkaConnection.from_environment(os.environ)
    found, titles = asyncio.run(chosen(connection, command_id=command_id, session=session, contact=contact, name=name))
    _check_found(found, command_id, as_json=as_json)
    decided = asyncio.run(_decided(found, wish, checked=not unchecked))
    if command_id is None:
        _agree(decided, titles, yes=yes, as_json=as_json, mask=mask)
    asyncio.run(decide(connection, decided, wish, operator_name(), reason))
    if command_id is not None:
        _tell_one(decided[0], wish, as_json=as_json)
    else:
        _tell_many(decided, titles, as_json=as_json, mask=mask)
    if any(event.verdict is None for event in decided):
        raise typer.Exit(FOUND_WRONG)


def _check_found(found: Sequence[Open], command_id: str | None, *, as_json: bool) -> None:
    if not found or (command_id is not None and len(found) > 1):
        called = "are meant" if command_id is None else f"begin with {command_id}"
        text = f"{counted(len(found), 'event')} in doubt {called}: `rollcall effects` lists all"
        raise found_wrong(text, as_json=as_json)


def _check_words(command_id: str | None, wish: DoubtWish, *, many: bool, unchecked: bool) -> None:
    if (command_id is not None) == many:
        raise typer.BadParameter("give an ID, or --all, --session, --contact or --name")
    if wish == "as_found" and unchecked:
        raise typer.BadParameter("--as-found asks Brevo: leave --unchecked out")


def _wish(*, sent: bool, resend: bool, drop: bool, as_found: bool) -> DoubtWish:
    given: dict[DoubtWish, bool] = {"sent": sent, "resend": resend, "drop": drop, "as_found": as_found}
    wishes = [wish for wish, chosen in given.items() if chosen]
    if len(wishes) != 1:
        raise typer.BadParameter("give exactly one of --sent, --resend, --drop, --as-found")
    return wishes[0]


async def _decided(doubts: Sequence[Open], wish: DoubtWish, *, checked: bool) -> list[Decided]:
    answers: Sequence[AtBrevo] = await asked_of_brevo(doubts) if checked else ["unknown"] * len(doubts)
    return [Decided(doubt, found, verdict_of(wish, found)) for doubt, found in zip(doubts, answers, strict=True)]


def _agree(decided: Sequence[Decided], titles: Mapping[str, str], *, yes: bool, as_json: bool, mask: bool) -> None:
    """Show what would become of each; go on if that is wanted. Raises `typer.Exit`."""
    if not as_json:
        rows = [
            {**shown(event.doubt, titles, mask=mask), _FATE: f"{_becomes(event)} (at Brevo: {event.at_brevo})"}
            for event in decided
        ]
        show_events(terminal(), rows, _FATE)
    deciding = sum(event.verdict is not None for event in decided)
    if deciding and not agreed(f"decide about {counted(deciding, 'event')} so?", yes=yes):
        raise found_wrong("nothing was done: say yes, or give --yes", as_json=as_json)


def _becomes(event: Decided) -> str:
    return event.verdict or "stays in doubt"


def _tell_many(decided: Sequence[Decided], titles: Mapping[str, str], *, as_json: bool, mask: bool) -> None:
    if as_json:
        events: list[dict[str, Any]] = [
            shown(event.doubt, titles, mask=mask, at_brevo=event.at_brevo) | {"verdict": event.verdict}
            for event in decided
        ]
        write_json({"done": sum(event.verdict is not None for event in decided), "events": events})
        return
    counts = Counter(map(_becomes, decided))
    typer.echo(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))


def _tell_one(only: Decided, wish: DoubtWish, *, as_json: bool) -> None:
    command = only.doubt.command
    says = f"{command.name}: {only.verdict} (at Brevo: {only.at_brevo})"
    if only.verdict is None:
        says = (
            "Brevo has this event: sending it again may mail the person twice"
            if only.at_brevo == "yes"
            else f"{command.name}: Brevo does not tell whether it has it, so it stays in doubt"
        )
    done = only.verdict is not None
    if as_json:
        write_json({"id": command.command_id, "verdict": only.verdict or wish, "at_brevo": only.at_brevo,
                    "done": done, "says": says})  # fmt: skip
    else:
        typer.echo(says, err=not done)
