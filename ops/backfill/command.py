"""The command `rollcall backfill`: reads, counts, asks, publishes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from aiolimiter import AsyncLimiter
from rich.console import Console

from ops.audit import audit_entry
from ops.backfill.display import bar, say_found, say_limits, say_skipped
from ops.backfill.estimate import Estimate, estimate, reading_interval
from ops.backfill.gathering import Gathering
from ops.backfill.journal import Journal
from ops.backfill.plan import BackfillWish, FoundSessions, document, is_synced
from ops.backfill.reading import Reader
from ops.backfill.sessions import PastSession, records
from ops.backfill.spans import parse_range
from ops.backfill.units import Unit
from ops.failure import stopping
from ops.options import Json, Reason, Yes, agreed
from ops.posting import posting_to
from ops.zoom.accounts import client_of, load
from readmodel.words import counted
from runtime.environment import ZoomEnvironment
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.models import Configuration
from runtime.references import has_reference
from schemas.errors import ConfigurationError
from schemas.topics import RAW_EVENTS

_GOES_ON = "Start it again with the same arguments: it goes on from here."
SessionsOfUnits = Mapping[Unit, list[PastSession]]


def backfill(
    start: Annotated[str, typer.Option("--from", help="First day, such as 2026-06-01 (UTC).")],
    end: Annotated[str, typer.Option("--to", help="Last day, included (UTC).")],
    *,
    host: Annotated[str | None, typer.Option(help="Sessions of this user alone: Zoom user id or e-mail.")] = None,
    session: Annotated[str | None, typer.Option(help="This session alone: webinar or meeting id, or a uuid.")] = None,
    events: Annotated[bool, typer.Option("--events", help="Send Brevo events for these sessions too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count sessions and calls; change nothing.")] = False,
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Fill in past sessions of the configured accounts: they go the way of live ones, behind them.

    Zoom's reports go back 6 months; a single meeting can be read for 1 year, with --session. Contacts are written as
    for live sessions; events for Brevo are suppressed unless --events is given, since half a year of people must not
    enter automations. Reads first, counts, and publishes after a yes. What was stopped goes on where it was when it is
    started again with the same arguments; a second run changes nothing. Needs the scope report:read:user:admin.
    Exit code 1: something was skipped, Zoom or Kafka does not answer, or you said no.
    """
    console = Console(stderr=True)
    span = parse_range(start, end, datetime.now(UTC).date(), of_one_session=session is not None)
    wish = BackfillWish(span, host, session, "backfill_with_events" if events else "backfill")
    with stopping(_GOES_ON, as_json=as_json):
        complete = asyncio.run(_backfill(wish, reason, console, dry_run=dry_run, yes=yes, as_json=as_json))
    if not complete:
        raise typer.Exit(FOUND_WRONG)


async def _backfill(
    wish: BackfillWish, reason: str, console: Console, *, dry_run: bool, yes: bool, as_json: bool
) -> bool:
    """Whether nothing is left to do."""
    configuration = load()
    say_limits(console)
    journal = _journal(wish, configuration)
    found = await _gather(wish, configuration, journal, console)
    chosen = found.select(lambda session: wish.names(session) and is_synced(session, configuration))
    sessions = [session for unit in chosen.values() for session in unit]
    cost = estimate(sessions, configuration.zoom_api.plan)
    say_found(console, wish, sessions, cost)
    acts = bool(sessions) and not dry_run and agreed("Publish them?", yes=yes)
    published = await _publish(chosen, wish, reason, configuration, journal, console) if acts else 0
    if not dry_run and not found.skipped and (acts or not sessions):
        journal.close()
    say_skipped(console, found.skipped)
    _report(wish, sessions, cost, found, published, as_json=as_json)
    return not found.skipped and (dry_run or acts or not sessions)


def _journal(wish: BackfillWish, configuration: Configuration) -> Journal:
    folder = Path(os.environ.get("ROLLCALL_DATA_DIR") or "data") / "backfill"
    accounts = sorted(account.account_id for account in configuration.accounts)
    return Journal.open(folder, [wish.span.first, wish.span.last, wish.host, wish.session, *accounts])


async def _gather(
    wish: BackfillWish, configuration: Configuration, journal: Journal, console: Console
) -> FoundSessions:
    if not configuration.accounts:
        raise ConfigurationError("connectors.zoom: no account is configured and enabled")
    gathering = Gathering(wish, journal, datetime.now(UTC).date())
    environment = ZoomEnvironment.read(os.environ)
    # One question at a time, whatever its label.
    pace = AsyncLimiter(1, reading_interval(configuration.zoom_api.plan))
    with bar(console, "reading") as progress:
        for account in configuration.accounts:
            if has_reference(account.account_id):
                raise ConfigurationError(f"connectors.zoom.account_id: {account.account_id} is not set")
            async with client_of(account, configuration, environment) as client:
                await gathering.read(account.account_id, Reader(client, pace), progress)
    if wish.host and not gathering.found.units and not gathering.found.skipped:
        raise ConfigurationError(f"--host {wish.host}: no user of the configured accounts has this id or e-mail")
    return gathering.found


async def _publish(
    chosen: SessionsOfUnits,
    wish: BackfillWish,
    reason: str,
    configuration: Configuration,
    journal: Journal,
    console: Console,
) -> int:
    units = [
        (unit, sessions)
        for unit, sessions in chosen.items()
        if sessions and not journal.is_published(unit, wish.origin)
    ]
    published, today = 0, datetime.now(UTC).date()
    # By their ids: an e-mail address belongs in no topic but those of contacts.
    hosts = sorted({unit.user_id for unit in chosen}) if wish.host else []
    subject = wish.session or ", ".join(hosts) or "all hosts"
    days = f"{wish.span.first.isoformat()}/{wish.span.last.isoformat()}"
    details: dict[str, str | int] = {
        "sessions": sum(len(sessions) for _, sessions in units),
        "days": days,
        "origin": wish.origin,
    }
    connection = KafkaConnection.from_environment(os.environ)
    async with posting_to(connection, configuration.kafka, RAW_EVENTS) as to_kafka:
        # Said first: what is stopped on the way has published something, too.
        await to_kafka.note(audit_entry("backfill.begin", subject, details, reason))
        with bar(console, "publishing") as progress:
            for number, (unit, sessions) in enumerate(units):
                progress(number, len(units))
                now = time.time()
                found = (record for session in sessions for record in records(session, wish.origin, now))
                await to_kafka.publish(RAW_EVENTS.name, found)
                if unit.is_settled(today):
                    journal.note_published(unit, wish.origin)
                published += len(sessions)
            progress(len(units), len(units))
        await to_kafka.note(audit_entry("backfill", subject, {**details, "sessions": published}, reason))
    return published


def _report(
    wish: BackfillWish,
    sessions: Sequence[PastSession],
    cost: Estimate,
    found: FoundSessions,
    published: int,
    *,
    as_json: bool,
) -> None:
    if as_json:
        typer.echo(orjson.dumps(document(wish, list(sessions), cost, found.skipped, published)).decode())
    elif published:
        typer.echo(f"{counted(published, 'session')} published; the worker reads the reports, behind live work.")
    elif sessions:
        typer.echo("Nothing was published.")
