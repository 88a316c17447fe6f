"""`rollcall effects`: events that may or may not have been sent, and what a person decides about them."""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import orjson
import typer

from ops.audit import audit_entry, operator_name
from ops.brevo.account import answered, contact, opened
from ops.brevo.ledger import Open, doubts, ledger, suppressed, without_contact
from ops.options import Json, Reason
from ops.posting import posting
from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.campaigns import Trace, campaign_name, campaign_named, trace_of
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from schemas.brevo import (
    CommandOutcome,
    CommandResult,
    ConfirmList,
    Decision,
    OnceCommand,
    SendCampaign,
    TrackEvent,
    Verdict,
)
from schemas.instants import format_instant
from schemas.topics import BREVO_RESULTS

Found = Literal["yes", "no", "unknown"]
OUTCOMES: dict[Verdict, CommandOutcome] = {"sent": "acknowledged", "resend": "intended", "drop": "rejected"}
TRACES: dict[Trace, Found] = {"done": "yes", "not_done": "no", "unknown": "unknown"}
MARGIN = timedelta(days=1)
"""Around an event's date, since how Brevo rounds the dates of `GET /events` is not documented."""

Check = Annotated[bool, typer.Option("--check", help="Ask Brevo whether it has them: up to two calls for each.")]


def register(app: typer.Typer) -> None:
    """Add the group `effects`."""
    group = typer.Typer(invoke_without_command=True)
    group.callback(epilog="Example:  rollcall effects --check --json")(effects)
    group.command("resolve", epilog="Example:  rollcall effects resolve 3f0c9a --sent")(resolve)
    app.add_typer(group, name="effects")


def effects(context: typer.Context, check: Check = False, as_json: Json = False) -> None:
    """List the events in doubt: their call was made and the answer was lost, or the worker died in between.

    Mails of recordings, questions about lists and campaigns are among them. They wait for `rollcall effects resolve`
    (or brevo.in_doubt decides). Events whose contact no command has ever brought to Brevo are listed too: they wait
    for one. Events that are never sent, such as those of a back-fill, are counted by name. Exit code 1: there are some
    in doubt or without a contact.
    """
    if context.invoked_subcommand is not None:
        return
    configure_command_logging()
    found = asyncio.run(_list(check=check))
    if as_json:
        typer.echo(orjson.dumps(found).decode())
    else:
        _show(found)
    if found["in_doubt"] or found["without_contact"]:
        raise typer.Exit(FOUND_WRONG)


def _show(found: dict[str, Any]) -> None:
    for each in found["in_doubt"]:
        at_brevo = f", at Brevo: {each['at_brevo']}" if "at_brevo" in each else ""
        typer.echo(f"{_in_words(each)}{at_brevo}")
    for each in found["without_contact"]:
        typer.echo(f"{_in_words(each)}, waits for its contact: replay the contact's facts")
    for name, count in found["suppressed"].items():
        typer.echo(f"{count} {name} suppressed")
    in_doubt = len(found["in_doubt"])
    typer.echo(f"{in_doubt} in doubt" if in_doubt else "nothing is in doubt")


def _in_words(each: dict[str, str]) -> str:
    return f"{each['id']}  {each['event_date']}  {each['name']}  contact {each['contact_id']}"


def resolve(
    command_id: Annotated[str, typer.Argument(metavar="ID", help="As `rollcall effects` shows it, or its beginning.")],
    sent: Annotated[bool, typer.Option("--sent", help="It was sent: never again.")] = False,
    resend: Annotated[bool, typer.Option("--resend", help="It was not: send it now.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Forget it: it is not sent.")] = False,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Do not ask Brevo first.")] = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Decide about one event in doubt. Brevo is asked first, and one that it has is not sent again.

    The decision is noted in the audit topic.

    Exit code 1: no such event is in doubt, several begin so, or Brevo has what was to be sent again.
    """
    configure_command_logging()
    choices: dict[Verdict, bool] = {"sent": sent, "resend": resend, "drop": drop}
    verdicts = [verdict for verdict, chosen in choices.items() if chosen]
    if len(verdicts) != 1:
        raise typer.BadParameter("give exactly one of --sent, --resend, --drop")
    told = asyncio.run(_resolve(command_id, verdicts[0], reason, checked=not unchecked))
    typer.echo(orjson.dumps(told).decode() if as_json else told["says"], err=not told["done"] and not as_json)
    if not told["done"]:
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


def is_listed(command: TrackEvent, events: list[dict[str, Any]]) -> bool:
    """Whether one of Brevo's events is this one: the name, and every property that tells occurrences apart."""
    telling = {name: command.properties[name] for name in ("session_uuid", "object_id") if name in command.properties}
    return any(
        event.get("event_name") == command.name
        and telling.items() <= (event.get("event_properties") or {}).items()
        and str(event.get("event_date", ""))[:19] == format_instant(int(command.event_date.timestamp()))[:19]
        for event in events
    )


async def _list(*, check: bool) -> dict[str, Any]:
    rows = await ledger(KafkaConnection.from_environment(os.environ))
    found = doubts(rows.events)
    listed = [_shown(doubt) for doubt in found]
    if check and found:
        async with opened() as (_, client):
            for each, shown in zip(found, listed, strict=True):
                shown["at_brevo"] = await _at_brevo(client, each.command)
    return {
        "in_doubt": listed,
        "without_contact": [_shown(doubt) for doubt in without_contact(rows)],
        "suppressed": suppressed(rows.events),
    }


def _shown(each: Open) -> dict[str, str]:
    return {
        "id": each.command.command_id,
        "name": each.command.name,
        "contact_id": each.command.contact_id,
        "event_date": format_instant(int(each.command.event_date.timestamp())),
    }


async def _resolve(command_id: str, verdict: Verdict, reason: str, *, checked: bool) -> dict[str, Any]:
    connection = KafkaConnection.from_environment(os.environ)
    in_doubt = doubts((await ledger(connection)).events)
    matching = [each for each in in_doubt if each.command.command_id.startswith(command_id)]
    if len(matching) != 1:
        return {"done": False, "says": f"{len(matching)} events in doubt begin with {command_id}: `rollcall effects`"}
    doubt, at_brevo = matching[0], "unknown"
    if checked:
        async with opened() as (_, client):
            at_brevo = await _at_brevo(client, doubt.command)
    told: dict[str, Any] = {"id": doubt.command.command_id, "verdict": verdict, "at_brevo": at_brevo}
    if at_brevo == "yes" and verdict == "resend":
        return {**told, "done": False, "says": "Brevo has this event: sending it again may mail the person twice"}
    result = decision_result(doubt, verdict, operator_name(), datetime.now(UTC))
    details = {"command_id": doubt.command.command_id, "name": doubt.command.name, "verdict": verdict}
    entry = audit_entry("effects.resolve", doubt.command.contact_id, {**details, "at_brevo": at_brevo}, reason)
    async with posting(connection) as to_kafka:
        await to_kafka.post(BREVO_RESULTS, [(doubt.command.contact_id.encode(), result)])
        await to_kafka.note(entry)
    return {**told, "done": True, "says": f"{doubt.command.name}: {verdict} (at Brevo: {at_brevo})"}


async def _at_brevo(client: BrevoClient, command: OnceCommand) -> Found:
    if isinstance(command, SendCampaign):
        held = campaign_named(await client.read_campaigns(), campaign_name(command))
        return TRACES[trace_of(held)]
    found = await contact(client, command.email)
    if isinstance(command, ConfirmList):
        # Brevo does not show whom it has asked; who is on the list has said yes.
        return "yes" if found and command.list_id in found.get("listIds", ()) else "unknown"
    if not isinstance(command, TrackEvent):
        return "unknown"
    number = found.get("id") if found else None
    if not isinstance(number, int):
        return "unknown"
    answer = await answered(
        client,
        "GET",
        "/events",
        contact_id=number,
        event_name=command.name,
        startDate=format_instant(int((command.event_date - MARGIN).timestamp())),
        endDate=format_instant(int((command.event_date + MARGIN).timestamp())),
        limit=1_000,
    )
    events = answer.body.get("events") if isinstance(answer.body, dict) else None
    if not isinstance(events, list):
        return "unknown"
    return "yes" if is_listed(command, events) else "no"
