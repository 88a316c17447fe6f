"""Compares what the sandbox's Brevo holds with the truth: contacts, attributes, lists, events. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.truth.contacts import ContactTruth, Truth
from sandbox.truth.events import EventTruth
from schemas.instants import format_instant, parse_instant

NOTHING_HELD = "(nothing)"


@dataclass(frozen=True)
class Mismatch:
    """One field of one contact that is not as it should be."""

    email: str
    field: str
    """`contact`, an attribute's name, `lists`, `event <name>` with a property's name, or `mail` with a name."""
    actual: object
    wanted: object


def compare(truth: Truth, held: Mapping[str, Any]) -> list[Mismatch]:
    """Every difference, ordered by e-mail.

    Args:
        truth: what must be.
        held: the snapshot of `GET /_sandbox/state` of the sandbox's Brevo: `contacts`, `events` and `mails`.
    """
    contacts = {str(contact["email"]).lower(): contact for contact in held["contacts"]}
    emails = {contact["id"]: email for email, contact in contacts.items()}
    events: dict[str, list[Mapping[str, Any]]] = {}
    for event in held["events"]:
        email = str(event["identifiers"].get("email_id") or emails.get(event["contact_id"], "unknown")).lower()
        events.setdefault(email, []).append(event)
    found: list[Mismatch] = []
    for email in sorted({*truth.contacts, *contacts, *events}):
        wanted = truth.contacts.get(email)
        if wanted is None:
            found.append(Mismatch(email, "contact", "exists", "no such contact"))
            continue
        if email in contacts:
            found += _contact(wanted, contacts[email])
        elif not wanted.may_be_missing:
            found.append(Mismatch(email, "contact", "missing", "exists"))
        found += _events(wanted, events.get(email, []))
        found += _mails(wanted, [mail["params"] for mail in held.get("mails", ()) if mail["to"] == [email]])
    return found


def _contact(wanted: ContactTruth, held: Mapping[str, Any]) -> list[Mismatch]:
    attributes = held["attributes"]
    found = [
        Mismatch(wanted.email, name, attributes.get(name, NOTHING_HELD), wanted.attributes.get(name, NOTHING_HELD))
        for name in sorted({*attributes, *wanted.attributes})
        if attributes.get(name, NOTHING_HELD) != wanted.attributes.get(name, NOTHING_HELD)
        and attributes.get(name) not in wanted.leftovers.get(name, ())
    ]
    if set(held["listIds"]) != wanted.lists:
        found.append(Mismatch(wanted.email, "lists", sorted(held["listIds"]), sorted(wanted.lists)))
    return found


def _events(wanted: ContactTruth, held: list[Mapping[str, Any]]) -> list[Mismatch]:
    """Pairs equal events first; then what is left by name, so that a wrong property is told as such."""
    missing = list(wanted.events)
    extra = []
    for event in held:
        equal = next((expected for expected in missing if _is_right(expected, event)), None)
        if equal is None:
            extra.append(event)
        else:
            missing.remove(equal)
    found: list[Mismatch] = []
    for event in extra:
        name = str(event["event_name"])
        alike = next((expected for expected in missing if expected.name == name), None)
        if alike is None:
            found.append(Mismatch(wanted.email, f"event {name}", "once more than wanted", "not this one"))
            continue
        missing.remove(alike)
        found += [
            Mismatch(wanted.email, f"event {name} {field}", actual, should)
            for field, (actual, should) in _differing(alike, event).items()
        ]
    found += [
        Mismatch(wanted.email, f"event {expected.name}", "missing", f"once, at {format_instant(expected.at)}")
        for expected in missing
        if not expected.may_be_missing
    ]
    return found


def _mails(wanted: ContactTruth, held: list[Mapping[str, Any]]) -> list[Mismatch]:
    """Mails that are wrong, missing or there twice, by what their template is told."""
    missing = list(wanted.mails)
    found = []
    for params in held:
        equal = next((event for event in missing if params in [right.properties for right in _right(event)]), None)
        if equal is None:
            found.append(Mismatch(wanted.email, "mail", dict(params), "not this one, or not twice"))
        else:
            missing.remove(equal)
    return [*found, *(Mismatch(wanted.email, f"mail {event.name}", "missing", event.properties) for event in missing)]


def _right(wanted: EventTruth) -> tuple[EventTruth, ...]:
    return (wanted, *wanted.alternatives)


def _is_right(wanted: EventTruth, held: Mapping[str, Any]) -> bool:
    return any(not _differing(event, held) for event in _right(wanted))


def _differing(wanted: EventTruth, held: Mapping[str, Any]) -> dict[str, tuple[object, object]]:
    """Fields of an event that differ: what is, and what should be; by whole seconds, as Zoom's times are."""
    actual = {
        "name": held["event_name"],
        "event_date": parse_instant(held["event_date"]),
        **held["event_properties"],
    }
    should = {"name": wanted.name, "event_date": wanted.at, **wanted.properties}
    return {
        name: (actual.get(name, NOTHING_HELD), should.get(name, NOTHING_HELD))
        for name in sorted({*actual, *should})
        if actual.get(name, NOTHING_HELD) != should.get(name, NOTHING_HELD)
    }
