"""`rollcall zoom subscribe`: makes Zoom send the events of the enabled features to the ingress."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

import orjson
import typer

from ops.audit import audit_entry, note_done
from ops.failure import found_wrong
from ops.options import Json, Reason, Yes, agreed
from ops.zoom.accounts import AccountId, opened
from ops.zoom.answers import ZoomRefusedError, said
from ops.zoom.subscription import SubscriptionPlan, plan
from processors.zoom.api import requests
from processors.zoom.api.client import ZoomClient
from processors.zoom.features import events_of
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.lookups import ZoomRow

NAME = "Rollcall"


@dataclass(frozen=True, slots=True)
class Made:
    """What became of it."""

    change: SubscriptionPlan
    subscription_id: str | None
    """Of the new one; ``None``: none was needed."""
    noted: bool
    """Whether the act, if there was one, is in the audit topic."""


def subscribe(
    url: Annotated[str, typer.Option(help="Public address of the ingress, https://<host>/webhooks/zoom.")],
    account: AccountId = None,
    user_id: Annotated[
        str | None,
        typer.Option(help="Any user of the account: Zoom wants one named.", show_default="the first active user"),
    ] = None,
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Create or repair the app's event subscription for the enabled features.

    The ingress must be up: Zoom asks its address to prove that it holds the webhook secret. A subscription made in
    Zoom's Marketplace is left alone, and what it lacks is sent by one of ours. Needs the scopes
    marketplace:read|write|delete:event_subscription. Noted in the audit topic. Exit code 1: Zoom refuses, you said no,
    or it could not be noted.
    """
    _check_address(url)
    try:
        made = asyncio.run(_subscribe(url, account, user_id, reason, yes=yes))
    except (RetryLaterError, ZoomRefusedError) as error:
        raise found_wrong(f"not subscribed: {error}{_advice(error)}", as_json=as_json) from None
    if made is None:
        raise found_wrong("nothing was changed; give --yes to do it", as_json=as_json)
    if as_json:
        document = {
            "created": made.subscription_id,
            "events": list(made.change.create),
            "missing_before": list(made.change.missing),
            "deleted": list(made.change.replaces),
        }
        typer.echo(orjson.dumps(document).decode())
    elif made.subscription_id is None:
        typer.echo("Zoom sends every event that the enabled features need.")
    else:
        typer.echo(f"Subscription {made.subscription_id} sends {len(made.change.create)} events to {url}.")
    if not made.noted:
        raise typer.Exit(FOUND_WRONG)


async def first_active_user(client: ZoomClient) -> str:
    """The id of some user. Raises `ConfigurationError` when there is none."""
    for row in said(await client.rows(requests.users("active"))):
        if row.get("id"):
            return str(row["id"])
    raise ConfigurationError("the account has no active user that we may see; name one with --user-id")


async def _subscribe(url: str, account_id: str | None, user_id: str | None, reason: str, *, yes: bool) -> Made | None:
    """``None``: nobody said yes."""
    connection = KafkaConnection.from_environment(os.environ)
    async with opened(account_id) as (account, configuration, client):
        user = user_id or await first_active_user(client)
        rows: list[ZoomRow] = said(await client.rows(requests.subscriptions(account.account_id, user)))
        change = plan(rows, url, events_of(account, configuration))
        if not change.create:
            return Made(change, None, noted=True)
        _tell(change, url)
        if not agreed("Create the subscription?", yes=yes):
            return None
        order = requests.create_subscription(account.account_id, NAME, url, change.create)
        subscription_id = str((said(await client.one(order)))["event_subscription_id"])
        deleted, noted = [], False
        try:
            for old in change.replaces:
                said(await client.one(requests.delete_subscription(old)))
                deleted.append(old)
        finally:
            # What was made is noted, even where Zoom does not let us end what it replaces.
            details: dict[str, str | int] = {"created": subscription_id, "events": len(change.create)}
            ended: dict[str, str | int] = {"deleted": ", ".join(deleted)} if deleted else {}
            entry = audit_entry("zoom.subscribe", account.account_id, details | ended, reason)
            noted = await note_done(connection, configuration.kafka, entry)
        return Made(change, subscription_id, noted)


def _tell(change: SubscriptionPlan, url: str) -> None:
    typer.echo(f"Zoom does not send these events to {url}: {', '.join(change.missing)}", err=True)
    if change.replaces:
        typer.echo(f"A new subscription replaces {', '.join(change.replaces)}.", err=True)


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"--url {url}: write the ingress's public address, https://<host>/webhooks/zoom")


def _advice(error: Exception) -> str:
    if "1701" in str(error):
        return (
            "\nZoom could not validate the address: is the ingress up and reachable from outside by https, and is "
            "webhook.secret_token the app's Secret Token? `rollcall check --url` tells."
        )
    return ""
