"""`rollcall zoom recover`: publishes what Zoom could not deliver while the ingress was away."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import orjson
import typer
from rich.console import Console

from ops.failure import found_wrong
from ops.options import Json, Reason, Yes, agreed
from ops.zoom.accounts import AccountId, opened
from ops.zoom.answers import ZoomRefusedError, said
from ops.zoom.publishing import publish
from ops.zoom.recovery import LOG_DAYS, Findings, find_lost
from processors.zoom.api import requests
from processors.zoom.api.client import ZoomClient
from runtime.durations import parse_duration
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.lookups import ZoomRow
from schemas.topics import RAW_EVENTS

REPEATS = (1, 2, 3)
"""Zoom tries three times more, 5, 25 and 85 minutes after the first attempt."""


def recover(
    since: Annotated[str, typer.Option(help="How far back: 24h, 2d, or an instant such as 2026-08-12T14:00:00Z.")],
    app_id: Annotated[
        str, typer.Option(envvar="ZOOM_APP_ID", help="The app's id: the end of its address in Zoom's Marketplace.")
    ],
    account: AccountId = None,
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Read Zoom's log of failed deliveries and publish the missing events to zoom.events.raw.v1.

    They have the keys, headers and redaction that the ingress would have given them, so an event that did arrive
    changes nothing when it comes again. Zoom keeps its log for 7 days. Counts first; publishes after a yes. Needs the
    scope marketplace_app:read:admin. Exit code 1: Zoom or Kafka does not answer.
    """
    console = Console(stderr=True)
    start = parse_since(since, datetime.now(UTC))
    try:
        findings, published = asyncio.run(_recover(account, app_id, start, reason, console, yes=yes))
    except (RetryLaterError, ZoomRefusedError) as error:
        raise found_wrong(f"not recovered: {error}; repeats are harmless", as_json=as_json) from None
    if as_json:
        typer.echo(orjson.dumps(document(findings, published)).decode())
    elif published:
        typer.echo(f"{published} events published to {RAW_EVENTS.name}.")
    elif findings.lost:
        typer.echo("Nothing was published; give --yes to publish them.")


def parse_since(text: str, now: datetime) -> datetime:
    """The instant that `--since` means.

    Raises:
        ConfigurationError: neither a duration nor an instant, in the future, or older than Zoom's log.
    """
    try:
        seconds = parse_duration(text)
        assert isinstance(seconds, float | int)
        start = now - timedelta(seconds=seconds)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ConfigurationError(
                f"--since {text}: write a duration such as 24h or 2d, or an instant such as 2026-08-12T14:00:00Z"
            ) from None
        start = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if start >= now:
        raise ConfigurationError(f"--since {text}: is not in the past")
    if now - start > timedelta(days=LOG_DAYS):
        raise ConfigurationError(
            f"--since {text}: Zoom keeps its log for {LOG_DAYS} days; use `rollcall backfill` for older sessions"
        )
    return start


def document(findings: Findings, published: int) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "failed": findings.failed,
        "arrived_later": findings.arrived_later,
        "challenges": findings.challenges,
        "unreadable": findings.unreadable,
        "other_accounts": findings.other_accounts,
        "missing": len(findings.lost),
        "by_event": findings.by_event,
        "published": published,
    }


async def _recover(
    account_id: str | None, app_id: str, start: datetime, reason: str, console: Console, *, yes: bool
) -> tuple[Findings, int]:
    async with opened(account_id) as (account, configuration, client):
        now = time.time()
        failed, delivered = await _logs(client, app_id, start, datetime.fromtimestamp(now, UTC))
        findings = find_lost(
            failed,
            delivered,
            account_id=account.account_id,
            accounts=[account.account_id for account in configuration.accounts],
            now=now,
        )
        _tell(findings, console)
        if not findings.lost or not agreed("Publish them?", yes=yes):
            return findings, 0
        return findings, await publish(findings.lost, configuration, account.account_id, start, reason, console)


async def _logs(client: ZoomClient, app_id: str, start: datetime, end: datetime) -> tuple[list[ZoomRow], list[ZoomRow]]:
    start = max(start, end - timedelta(days=LOG_DAYS))
    failed = said(await client.rows(requests.webhook_logs(app_id, start, end, "failed")))
    delivered = []
    for number in REPEATS if failed else ():
        delivered += said(await client.rows(requests.webhook_logs(app_id, start, end, "delivered", number)))
    return failed, delivered


def _tell(findings: Findings, console: Console) -> None:
    kinds = ", ".join(f"{count} x {event}" for event, count in findings.by_event.items())
    console.print(
        f"{findings.failed} events failed at least once; {findings.arrived_later} arrived later, "
        f"{findings.unreadable} cannot be read, {findings.other_accounts} are of other accounts.\n"
        f"{len(findings.lost)} are missing{f': {kinds}' if kinds else ''}",
        highlight=False,
    )
