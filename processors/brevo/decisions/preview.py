"""What a command would change of a contact, in words that a person can check. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from processors.brevo.decisions.identifiers import IDENTIFIER_TYPES
from processors.brevo.decisions.ledger import EventState
from processors.brevo.decisions.upsert import Create, Read, Update, next_step
from processors.brevo.decisions.values import sendable
from processors.brevo.decisions.wanted import Known, Wanted
from schemas.brevo import (
    CommandResult,
    ConfirmList,
    OnceCommand,
    SendCampaign,
    SendRecording,
    TrackEvent,
    UpsertContact,
)
from schemas.instants import format_instant


def upsert_preview(command: UpsertContact, known: Known, region: str | None = None) -> dict[str, Any]:
    """What an upsert would do, given what is known of the contact; identifiers as if nobody else had them.

    `sets`, `joins`, `leaves`: what would be written. `keeps`: attributes that stay as they are. `asks`: attributes
    whose fate depends on what Brevo holds, which nobody has asked yet. `region`: see `sendable`.
    """
    attributes, left_out = sendable(command.attributes, region)
    wanted, known = Wanted.of(command, attributes), replace(known, free=frozenset(IDENTIFIER_TYPES))
    asks: list[str] = []
    step = next_step(wanted, known)
    if isinstance(step, Read):
        asks = sorted(name for name, attribute in attributes.items() if attribute.overwrite != "always")
        certain = {name: attribute for name, attribute in attributes.items() if attribute.overwrite == "always"}
        step = next_step(replace(wanted, attributes=certain, lists_for_existing=frozenset(), creates=True), known)
    sets: Mapping[str, Any] = step.attributes if isinstance(step, Create | Update) else {}
    joins = step.join if isinstance(step, Update) else step.lists if isinstance(step, Create) else frozenset()
    leaves = step.leave if isinstance(step, Update) else frozenset()
    return {
        "contact_id": command.contact_id,
        "creates": known.exists is False and wanted.creates,
        "sets": dict(sorted(sets.items())),
        "keeps": sorted(set(attributes) - set(sets) - set(asks)),
        "asks": asks,
        "left_out": list(left_out),
        "joins": sorted(joins),
        "leaves": sorted(leaves),
    }


FATES: Mapping[EventState, str] = {
    "pending": "would send",
    "intended": "is sending",
    "in_doubt": "may have sent",
    "rejected": "was refused",
    "suppressed": "is never sent",
    "acknowledged": "has sent",
}


def event_preview(
    command: OnceCommand, state: EventState = "pending", told: CommandResult | None = None
) -> dict[str, Any]:
    """The event, or the question about a list, and what became of it.

    Args:
        command: of the event.
        state: what the ledger knows of it.
        told: the latest result of it, if there is one still; one of a state that it has left says nothing.
    """
    if told is not None and told.outcome != state:
        told = None
    properties = {"list_id": command.list_id} if isinstance(command, ConfirmList) else _properties(command)
    return {
        "contact_id": command.contact_id,
        "event": command.name,
        "event_date": format_instant(int(command.event_date.timestamp())),
        "properties": properties,
        "fate": FATES[state],
        "at": None if told is None else format_instant(int(told.finished_at.timestamp())),
        "why": "" if told is None else told.detail,
    }


def _properties(command: OnceCommand) -> dict[str, Any]:
    return dict(command.properties) if isinstance(command, TrackEvent | SendRecording | SendCampaign) else {}


def in_words(preview: Mapping[str, Any], who: str = "") -> str:
    """One line; `who` is meant, if it is not to be said by the contact id."""
    who = who or f"contact {preview['contact_id']}"
    if "event" in preview:
        at = f", at {preview['at']}" if preview["at"] else ""
        why = f" ({preview['why']})" if preview["why"] else ""
        return f"{who}: {preview['fate']} {preview['event']} of {preview['event_date']}{at}{why}"
    parts = [f"{name}={value!r}" for name, value in preview["sets"].items()]
    parts += [f"{word} list {list_id}" for word in ("joins", "leaves") for list_id in preview[word]]
    if not parts and not preview["asks"]:
        return f"{who}: nothing would change"
    asks = f"; {', '.join(preview['asks'])} only after asking Brevo" if preview["asks"] else ""
    keeps = f"; stays: {', '.join(preview['keeps'])}" if preview["keeps"] else ""
    verb = "would be created with" if preview["creates"] else "would get"
    return f"{who}: {verb} {', '.join(parts) or 'nothing for sure'}{asks}{keeps}"
