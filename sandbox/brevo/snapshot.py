"""What the sandbox holds, as JSON for tests and for the web page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.brevo.contacts import BrevoContact
from sandbox.brevo.events import Received
from sandbox.brevo.state import BrevoState


def snapshot(state: BrevoState) -> dict[str, Any]:
    """Everything: contacts in order of creation, events and mails in order of receipt, calls counted."""
    store = state.store
    return {
        "contacts": [_contact(contact) for contact in store.contacts.all()],
        "events": [_event(received) for received in store.events.received],
        "lists": [contact_list.shown() for contact_list in store.lists.all()],
        "folders": {str(number): name for number, name in store.lists.folders.items()},
        "attributes": store.attributes.shown(),
        "processes": [process.shown("") for process in store.processes.all()],
        "mails": store.mails.sent,
        "confirmations": [confirmation.model_dump(by_alias=True) for confirmation in store.mails.confirmations],
        "campaigns": [
            {**campaign.shown(), "params": campaign.body.params, "mailed": campaign.mailed}
            for campaign in store.campaigns.held
        ],
        "webhooks": store.webhooks.all(),
        "owner_mails": store.processes.owner_mails,
        "calls": {
            "total": sum(state.calls.paths.values()),
            "families": dict(state.calls.families),
            "paths": dict(state.calls.paths),
            "statuses": {label: dict(counts) for label, counts in state.calls.statuses.items()},
        },
        "refused": state.calls.refused,
        "faults": state.faults.shown(),
    }


def _contact(contact: BrevoContact) -> dict[str, Any]:
    shown = {**contact.shown(), "ext_id": contact.ext_id}
    del shown["whatsappBlacklisted"], shown["listUnsubscribed"]
    return shown


def _event(event: Received) -> dict[str, Any]:
    return {**event.shown(), "identifiers": dict(event.identifiers), "received_at": _instant(event.received_at)}


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
