"""Custom events: what is accepted, and all that were, in order of receipt. PURE."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from sandbox.brevo.answers import RefusedError, invalid, missing
from sandbox.brevo.bodies import EventBody
from sandbox.brevo.contacts import BrevoContact, ContactBook
from sandbox.brevo.validation import parse

# https://developers.brevo.com/reference/create-event (checked 2026-11-21).
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_MAX_PROPERTIES_BYTES = 50 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """One accepted event; `contact_id` is of the contact that it was about then, if Brevo knew one."""

    name: str
    identifiers: Mapping[str, Any]
    contact_id: int | None
    date: datetime
    properties: Mapping[str, Any]
    received_at: datetime

    def shown(self) -> dict[str, Any]:
        """As `GET /events` has it."""
        return {
            "event_name": self.name,
            "event_date": self.date.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "contact_id": self.contact_id,
            "event_properties": dict(self.properties),
        }


class EventBook:
    """All events of the account."""

    def __init__(self, contacts: ContactBook) -> None:
        self._contacts = contacts
        self.received: list[Received] = []

    def track(self, body: EventBody, now: datetime) -> None:
        """Take one in, with its `contact_properties`; two equal ones are two events.

        Whether an event for an unknown address creates a contact is not documented: here it is kept without one.
        """
        date = _check(body, now)
        contact = self._about(body)
        if contact is not None and body.contact_properties:
            self._contacts.set_attributes(contact, body.contact_properties, now)
        identifiers = body.identifiers.model_dump(exclude_none=True)
        contact_id = contact.id if contact else None
        self.received.append(Received(body.event_name, identifiers, contact_id, date, body.event_properties, now))

    def track_each(self, bodies: list[dict[str, Any]], now: datetime) -> list[tuple[int, str]]:
        """Take in the valid ones; returns index and message of the others."""
        failures = []
        for index, body in enumerate(bodies):
            try:
                self.track(parse(EventBody, body), now)
            except RefusedError as error:
                failures.append((index, error.message))
        return failures

    def _about(self, body: EventBody) -> BrevoContact | None:
        given = body.identifiers.model_dump(exclude_none=True)
        # `contact_id` wins where several are given.
        for kind in ("contact_id", "email_id", "ext_id", "phone_id"):
            if kind in given and (found := self._contacts.find(str(given[kind]), kind)):
                return found
        return None


def _check(body: EventBody, now: datetime) -> datetime:
    if not _NAME.fullmatch(body.event_name):
        raise invalid("event_name must have 1 to 255 letters, digits, - or _")
    if not body.identifiers.model_dump(exclude_none=True):
        raise missing("identifiers: at least one is needed")
    for key in (*_keys(body.event_properties), *body.contact_properties):
        if not _NAME.fullmatch(key):
            raise invalid(f"property name {key[:60]!r} must have 1 to 255 letters, digits, - or _")
    if len(orjson.dumps(body.event_properties)) > _MAX_PROPERTIES_BYTES:
        raise invalid("event_properties must not exceed 50 KB")
    return parse_instant(body.event_date, "event_date") if body.event_date else now


def parse_instant(text: str, field: str) -> datetime:
    """An ISO 8601 instant with its zone, or 400."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{field} must be ISO 8601") from None
    if instant.tzinfo is None:
        raise invalid(f"{field} must have a time zone")
    return instant


def _keys(value: object) -> Iterator[str]:
    """Names in nested objects and lists."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
