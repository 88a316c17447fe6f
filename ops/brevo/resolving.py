"""`rollcall effects resolve`: what a person decides about events in doubt, one or many."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ops.audit import audit_entry, operator_name
from ops.brevo.at_brevo import Found
from ops.brevo.choosing import Wish, verdict_of
from ops.brevo.effects import (
    OfContact,
    OfName,
    OfSession,
    asked_of_brevo,
    event_selection,
    known_sessions,
    show_events,
    shown,
    titles_of,
)
from ops.brevo.ledger import Open, doubts, ledger
from ops.failure import found_wrong
from ops.options import Json, Reason, Yes, agreed
from ops.posting import posting
from ops.views.output import Mask, terminal, write_json
from readmodel.words import counted
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from schemas.brevo import CommandOutcome, CommandResult, Decision, Verdict
from schemas.topics import BREVO_RESULTS

OUTCOMES: dict[Verdict, CommandOutcome] = {"sent": "acknowledged", "resend": "intended", "drop": "rejected"}
EPILOG = """\b
Examples:
  rollcall effects resolve 3f0c9a --sent
  rollcall effects resolve --session latest --as-found
  rollcall effects resolve --all --drop --reason "a test of the sandbox"
"""


_FATE = "what becomes of it"


@dataclass(frozen=True, slots=True)
class Decided:
    """One event, whether Brevo has it, and what becomes of it."""

    doubt: Open
    at_brevo: Found
    verdict: Verdict | None
    """`None`: it stays in doubt."""


def resolve(
    command_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="As `rollcall effects` shows it, or its beginning.")
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every event in doubt.")] = False,
    session: OfSession = None,
    contact: OfContact = None,
    name: OfName = None,
    sent: Annotated[bool, typer.Option("--sent", help="They were sent: never again.")] = False,
    resend: Annotated[bool, typer.Option("--resend", help="They were not: send them now.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Forget them: they are not sent.")] = False,
    as_found: Annotated[
        bool, typer.Option("--as-found", help="What Brevo has was sent, what it has not is sent now.")
    ] = False,
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
    chosen, titles = asyncio.run(_chosen(connection, command_id, session, contact, name))
    if not chosen or (command_id is not None and len(chosen) > 1):
        called = "are meant" if command_id is None else f"begin with {command_id}"
        raise found_wrong(f"{len(chosen)} events in doubt {called}: `rollcall effects`", as_json=as_json)
    decided = asyncio.run(_decided(chosen, wish, checked=not unchecked))
    if command_id is None:
        _agree(decided, titles, yes=yes, as_json=as_json, mask=mask)
    asyncio.run(_post(connection, [event for event in decided if event.verdict], wish, reason))
    if command_id is not None:
        _tell_one(decided[0], wish, as_json=as_json)
    else:
        _tell_many(decided, titles, as_json=as_json, mask=mask)
    if any(event.verdict is None for event in decided):
        raise typer.Exit(FOUND_WRONG)


def decision_result(doubt: Open, verdict: Verdict, operator: str, now: datetime) -> CommandResult:
    """What the sink reads of a decision."""
    command = doubt.command
    return CommandResult(
        command_id=command.command_id,
        contact_id=command.contact_id,
        kind="event",
        revision=command.revision,
        outcome=OUTCOMES[verdict],
        name=command.name,
        once_keys=command.once_keys,
        answers=doubt.answers,
        detail=f"decided by hand: {verdict}",
        session=command.session,
        decision=Decision(decision_id=secrets.token_hex(16), verdict=verdict, operator=operator),
        occurred_at=command.occurred_at,
        finished_at=now,
    )


def _check_words(command_id: str | None, wish: Wish, *, many: bool, unchecked: bool) -> None:
    if (command_id is not None) == many:
        raise typer.BadParameter("give an ID, or --all, --session, --contact or --name")
    if wish == "as_found" and unchecked:
        raise typer.BadParameter("--as-found asks Brevo: leave --unchecked out")


def _wish(*, sent: bool, resend: bool, drop: bool, as_found: bool) -> Wish:
    given: dict[Wish, bool] = {"sent": sent, "resend": resend, "drop": drop, "as_found": as_found}
    wishes = [wish for wish, chosen in given.items() if chosen]
    if len(wishes) != 1:
        raise typer.BadParameter("give exactly one of --sent, --resend, --drop, --as-found")
    return wishes[0]


async def _chosen(
    connection: KafkaConnection, command_id: str | None, session: str | None, contact: str | None, name: str | None
) -> tuple[list[Open], Mapping[str, str]]:
    in_doubt, summaries = doubts((await ledger(connection)).events), await known_sessions(connection)
    return event_selection(summaries, session, contact, name, command_id).of(in_doubt), titles_of(summaries)


async def _decided(chosen: Sequence[Open], wish: Wish, *, checked: bool) -> list[Decided]:
    answers: Sequence[Found] = await asked_of_brevo(chosen) if checked else ["unknown"] * len(chosen)
    return [Decided(doubt, found, verdict_of(wish, found)) for doubt, found in zip(chosen, answers, strict=True)]


async def _post(connection: KafkaConnection, deciding: Sequence[Decided], wish: Wish, reason: str) -> None:
    if not deciding:
        return
    now, operator = datetime.now(UTC), operator_name()
    results = [
        (event.doubt.command.contact_id.encode(), decision_result(event.doubt, event.verdict, operator, now))
        for event in deciding
        if event.verdict
    ]
    details: dict[str, str | int] = {"wish": wish}
    details.update(Counter(event.verdict for event in deciding if event.verdict).items())
    subject = f"{len(deciding)} events"
    if len(deciding) == 1:
        command = deciding[0].doubt.command
        subject = command.contact_id
        details = {"command_id": command.command_id, "name": command.name, "verdict": deciding[0].verdict or ""}
        details["at_brevo"] = deciding[0].at_brevo
    async with posting(connection) as to_kafka:
        await to_kafka.post(BREVO_RESULTS, results)
        await to_kafka.note(audit_entry("effects.resolve", subject, details, reason))


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


def _tell_one(only: Decided, wish: Wish, *, as_json: bool) -> None:
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
