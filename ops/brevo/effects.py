"""`rollcall effects`: events that may or may not have been sent, and what a person decides about them."""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import orjson
import typer

from ops.audit import operator_name
from ops.brevo.account import Json, answered, contact, opened
from ops.brevo.ledger import Doubt, doubts
from ops.brevo.posting import post
from processors.clients.brevo.client import BrevoClient
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_logging
from schemas.brevo import CommandResult, Decision, Outcome, TrackEvent, Verdict
from schemas.instants import format_instant
from schemas.topics import BREVO_RESULTS

Found = Literal["yes", "no", "unknown"]
OUTCOMES: dict[Verdict, Outcome] = {"sent": "acknowledged", "resend": "intended", "drop": "rejected"}
MARGIN = timedelta(days=1)
"""Around an event's date, since how Brevo rounds the dates of `GET /events` is not documented."""

Check = Annotated[bool, typer.Option("--check", help="Ask Brevo whether it has them: two calls for each.")]


def register(app: typer.Typer) -> None:
    """Add the group `effects`."""
    group = typer.Typer(help="Events that may or may not have been sent to Brevo.", invoke_without_command=True)
    group.callback(epilog="Example:  rollcall effects --check --json")(effects)
    group.command("resolve", epilog="Example:  rollcall effects resolve 3f0c9a --sent")(resolve)
    app.add_typer(group, name="effects")


def effects(context: typer.Context, check: Check = False, as_json: Json = False) -> None:
    """List the events in doubt: their call was made and the answer was lost, or the worker died in between.

    They wait for `rollcall effects resolve` (or brevo.in_doubt decides). Exit code 1: there are some.
    """
    if context.invoked_subcommand is not None:
        return
    configure_logging("WARNING")
    listed = asyncio.run(_list(check=check))
    if as_json:
        typer.echo(orjson.dumps({"in_doubt": listed}).decode())
    else:
        for each in listed:
            found = f", at Brevo: {each['at_brevo']}" if check else ""
            typer.echo(f"{each['id']}  {each['event_date']}  {each['name']}  contact {each['contact_id']}{found}")
        typer.echo(f"{len(listed)} in doubt" if listed else "nothing is in doubt")
    if listed:
        raise typer.Exit(FOUND_WRONG)


def resolve(
    command_id: Annotated[str, typer.Argument(metavar="ID", help="As `rollcall effects` shows it, or its beginning.")],
    sent: Annotated[bool, typer.Option("--sent", help="It was sent: never again.")] = False,
    resend: Annotated[bool, typer.Option("--resend", help="It was not: send it now.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Forget it: it is not sent.")] = False,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Do not ask Brevo first.")] = False,
    as_json: Json = False,
) -> None:
    """Decide about one event in doubt. Brevo is asked first, and one that it has is not sent again.

    Exit code 1: no such event is in doubt, several begin so, or Brevo has what was to be sent again.
    """
    configure_logging("WARNING")
    choices: dict[Verdict, bool] = {"sent": sent, "resend": resend, "drop": drop}
    verdicts = [verdict for verdict, chosen in choices.items() if chosen]
    if len(verdicts) != 1:
        raise typer.BadParameter("give exactly one of --sent, --resend, --drop")
    told = asyncio.run(_resolve(command_id, verdicts[0], checked=not unchecked))
    typer.echo(orjson.dumps(told).decode() if as_json else told["says"], err=not told["done"] and not as_json)
    if not told["done"]:
        raise typer.Exit(FOUND_WRONG)


def decision_result(doubt: Doubt, verdict: Verdict, operator: str, now: datetime) -> CommandResult:
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
        each.get("event_name") == command.name
        and telling.items() <= (each.get("event_properties") or {}).items()
        and str(each.get("event_date", ""))[:19] == format_instant(int(command.event_date.timestamp()))[:19]
        for each in events
    )


async def _list(*, check: bool) -> list[dict[str, str]]:
    found = await doubts(KafkaConnection.from_environment(os.environ))
    listed = [
        {
            "id": each.command.command_id,
            "name": each.command.name,
            "contact_id": each.command.contact_id,
            "event_date": format_instant(int(each.command.event_date.timestamp())),
        }
        for each in found
    ]
    if check and found:
        async with opened() as (_, client):
            for each, shown in zip(found, listed, strict=True):
                shown["at_brevo"] = await _at_brevo(client, each.command)
    return listed


async def _resolve(command_id: str, verdict: Verdict, *, checked: bool) -> dict[str, Any]:
    connection = KafkaConnection.from_environment(os.environ)
    matching = [each for each in await doubts(connection) if each.command.command_id.startswith(command_id)]
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
    await post(connection, BREVO_RESULTS, [(doubt.command.contact_id.encode(), result.to_bytes())])
    return {**told, "done": True, "says": f"{doubt.command.name}: {verdict} (at Brevo: {at_brevo})"}


async def _at_brevo(client: BrevoClient, command: TrackEvent) -> Found:
    found = await contact(client, command.email)
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
