"""`rollcall preview`: what Brevo has of a session's contacts, what they would get, and what stays."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated, Any

import orjson
import typer

from ops.brevo.account import contact, opened
from ops.brevo.ledger import Ledger, ledger
from ops.options import Json
from ops.selection.finding import SessionsByWords, known_sessions
from ops.views.output import Mask
from processors.brevo.decisions.ledger import event_key
from processors.brevo.decisions.preview import event_preview, in_words, upsert_preview
from processors.brevo.decisions.upsert import after_read
from processors.brevo.decisions.values import sendable
from processors.brevo.decisions.wanted import Wanted
from readmodel.words import counted
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from runtime.reading import read_topic
from schemas.brevo import BREVO_COMMAND, CommandResult, OnceCommand, UpsertContact
from schemas.topics import BREVO_COMMANDS, BREVO_COMMANDS_BULK, BREVO_RESULTS

_FEW = 10


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("preview", epilog="Example:  rollcall preview --session latest --json")(preview)


def preview(
    session: Annotated[str, typer.Option(help="`latest`, a uuid, an id, or words of the topic.")],
    everybody: Annotated[bool, typer.Option("--all", help=f"All contacts instead of {_FEW}; a call for each.")] = False,
    mask: Mask = False,
    as_json: Json = False,
) -> None:
    """Compare a session's contacts at Brevo with their newest commands, and tell what became of its events.

    Reads only; nothing is changed.

    The commands are there once a worker has seen the session, `rollcall worker --dry-run` for one. Exit code 1: there
    are none of this session.
    """
    configure_command_logging()
    uuid, shown, total = asyncio.run(_preview(session, None if everybody else _FEW))
    if mask:
        for command in shown:
            del command["email"]
    if as_json:
        typer.echo(orjson.dumps({"session": uuid, "contacts": shown, "total": total}).decode())
    else:
        for command in shown:
            who = command.get("email", "")
            typer.echo(in_words(command, who))
            for event in command["events"]:
                typer.echo(f"  {in_words(event, who)}")
        if total:
            typer.echo(f"{len(shown)} of {counted(total, 'contact')}{'' if len(shown) == total else '; --all has all'}")
    if not total:
        typer.echo(
            f"no command of session {uuid} is in Kafka: `rollcall sessions` tells which there are",
            err=True,
        )
        raise typer.Exit(FOUND_WRONG)


async def _preview(words: str, limit: int | None) -> tuple[str, list[dict[str, Any]], int]:
    connection = KafkaConnection.from_environment(os.environ)
    session = SessionsByWords(await known_sessions(connection)).uuid(words)
    upserts, events = await _commands(connection, session)
    rows, told = await ledger(connection), await _results(connection, session)
    chosen = sorted(upserts)[:limit]
    shown = []
    async with opened() as (configuration, client):
        region = configuration.brevo.phone_region
        for contact_id in chosen:
            command = upserts[contact_id]
            attributes, _ = sendable(command.attributes, region)
            body = await contact(client, command.email)
            known = after_read(Wanted.of(command, attributes), body)
            held = body.get("attributes", {}) if body else {}
            shown.append(
                {
                    **upsert_preview(command, known, region),
                    "email": command.email,
                    "has": {name: held[name] for name in sorted(attributes) if name in held},
                    "lists": body.get("listIds", []) if body else [],
                    "events": [_event(event, rows, told) for event in events.get(contact_id, {}).values()],
                }
            )
    return session, shown, len(upserts)


def _event(command: OnceCommand, rows: Ledger, told: dict[bytes, CommandResult]) -> dict[str, Any]:
    """The event with what the ledger knows of it, and the words of its latest result."""
    keys = [event_key(command.contact_id, command.name, once_key) for once_key in command.once_keys]
    key = next((key for key in keys if key in rows.events), None)
    if key is None:
        return event_preview(command)
    return event_preview(command, rows.events[key].state, told.get(key))


async def _results(connection: KafkaConnection, session: str) -> dict[bytes, CommandResult]:
    """The latest result of each event of the session, by the key of its row; intents are none."""
    found: dict[bytes, CommandResult] = {}
    async for record in read_topic(connection, BREVO_RESULTS):
        if record.value is None or record.key is None:
            continue
        result = CommandResult.from_bytes(record.value)
        if result.session == session and result.name is not None and result.outcome not in ("intended", "withdrawn"):
            found |= {event_key(result.contact_id, result.name, once_key): result for once_key in result.once_keys}
    return found


async def _commands(
    connection: KafkaConnection, session: str
) -> tuple[dict[str, UpsertContact], dict[str, dict[str, OnceCommand]]]:
    """The newest upsert of every contact of the session, and the session's events by command id, however often sent."""
    upserts: dict[str, UpsertContact] = {}
    events: dict[str, dict[str, OnceCommand]] = {}
    concerned = set()
    for topic in (BREVO_COMMANDS_BULK, BREVO_COMMANDS):
        async for record in read_topic(connection, topic):
            if record.value is None:
                continue
            command = BREVO_COMMAND.validate_json(record.value)
            if command.session == session:
                concerned.add(command.contact_id)
            if isinstance(command, OnceCommand):
                if command.session == session:
                    events.setdefault(command.contact_id, {})[command.command_id] = command
                continue
            newest = upserts.get(command.contact_id)
            if newest is None or newest.revision <= command.revision:
                upserts[command.contact_id] = command
    return {contact: upsert for contact, upsert in upserts.items() if contact in concerned}, events
