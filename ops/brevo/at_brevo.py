"""Whether Brevo has what may or may not have been done: up to two calls for each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from ops.brevo.account import answered, contact
from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.campaigns import Trace, campaign_name, campaign_named, trace_of
from schemas.brevo import ConfirmList, OnceCommand, SendCampaign, TrackEvent
from schemas.instants import format_instant

AtBrevo = Literal["yes", "no", "unknown"]
TRACES: dict[Trace, AtBrevo] = {"done": "yes", "not_done": "no", "unknown": "unknown"}
MARGIN = timedelta(days=1)
"""Around an event's date, since how Brevo rounds the dates of `GET /events` is not documented."""


async def found_at_brevo(client: BrevoClient, command: OnceCommand) -> AtBrevo:
    """Whether it was done; of mails Brevo tells nothing that says so.

    Raises:
        ConfigurationError: the key, the address or the request is refused.
        RetryLaterError: Brevo does not answer, or its limit is used up.
    """
    if isinstance(command, SendCampaign):
        held = campaign_named(await client.read_campaigns(), campaign_name(command))
        return TRACES[trace_of(held)]
    found = await contact(client, command.email)
    if isinstance(command, ConfirmList):
        # Brevo does not show whom it has asked; who is on the list has said yes.
        return "yes" if found and command.list_id in found.get("listIds", ()) else "unknown"
    number = found.get("id") if found else None
    if not isinstance(command, TrackEvent) or not isinstance(number, int):
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
    return "yes" if is_listed(command, [event for event in events if isinstance(event, dict)]) else "no"


def is_listed(command: TrackEvent, events: list[dict[str, Any]]) -> bool:
    """Whether one of Brevo's events is this one: the name, and every property that tells occurrences apart."""
    telling = {name: command.properties[name] for name in ("session_uuid", "object_id") if name in command.properties}
    return any(
        event.get("event_name") == command.name
        and telling.items() <= (event.get("event_properties") or {}).items()
        and str(event.get("event_date", ""))[:19] == format_instant(int(command.event_date.timestamp()))[:19]
        for event in events
    )
