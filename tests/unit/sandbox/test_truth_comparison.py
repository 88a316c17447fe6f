from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from sandbox.simulator import simulate_webinar
from sandbox.truth import ContactTruth, Truth, truth_of
from sandbox.truth.comparison import compare
from schemas.instants import format_instant


@pytest.fixture(scope="module")
def truth() -> Truth:
    """Of one small webinar."""
    world = simulate_webinar(20, 7, starts_at=1_787_155_200)
    return truth_of([delivery.body for delivery in world.deliveries], world.zoom)


def held_by(truth: Truth) -> dict[str, Any]:
    """A Brevo that holds exactly the truth."""
    contacts = list(truth.contacts.values())
    return {
        "contacts": [
            {
                "id": number,
                "email": contact.email,
                "attributes": dict(contact.attributes),
                "listIds": sorted(contact.lists),
            }
            for number, contact in enumerate(contacts)
        ],
        "events": [
            {
                "event_name": event.name,
                "event_date": format_instant(event.at),
                "contact_id": number,
                "event_properties": dict(event.properties),
                "identifiers": {"email_id": contact.email},
            }
            for number, contact in enumerate(contacts)
            for event in contact.events
        ],
    }


def test_brevo_that_holds_the_truth_has_no_difference(truth: Truth) -> None:
    """Also when events name the contact by its id only, and an uncertain event is absent."""
    held = held_by(truth)
    assert compare(truth, held) == []
    for event in held["events"]:
        event["identifiers"] = {}
    assert compare(truth, held) == []
    certain = {
        (contact.email, event.name, event.at)
        for contact in truth.contacts.values()
        for event in contact.events
        if not event.may_be_missing
    }
    emails = {contact["id"]: contact["email"] for contact in held["contacts"]}
    kept = [
        event
        for event in held["events"]
        if any(
            (emails[event["contact_id"]], event["event_name"]) == (email, name)
            and format_instant(at) == event["event_date"]
            for email, name, at in certain
        )
    ]
    assert len(kept) < len(held["events"])
    assert compare(truth, held | {"events": kept}) == []


def _attribute(held: dict[str, Any]) -> None:
    held["contacts"][0]["attributes"]["ATTENDANCE_STATUS"] = "vanished"


def _extra_attribute(held: dict[str, Any]) -> None:
    held["contacts"][0]["attributes"]["LASTNAME"] = "Doe"


def _lists(held: dict[str, Any]) -> None:
    held["contacts"][0]["listIds"].append(99)


def _missing_contact(held: dict[str, Any]) -> None:
    del held["contacts"][0]


def _extra_contact(held: dict[str, Any]) -> None:
    held["contacts"].append({"id": 999, "email": "ghost@example.com", "attributes": {}, "listIds": []})


def _double_event(held: dict[str, Any]) -> None:
    held["events"].append(deepcopy(held["events"][0]))


def _wrong_property(held: dict[str, Any]) -> None:
    attended = next(event for event in held["events"] if event["event_name"] == "zoom_webinar_attended")
    attended["event_properties"]["minutes"] += 1


def _missing_event(held: dict[str, Any]) -> None:
    attended = next(event for event in held["events"] if event["event_name"] == "zoom_webinar_attended")
    held["events"].remove(attended)


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (_attribute, "ATTENDANCE_STATUS"),
        (_extra_attribute, "LASTNAME"),
        (_lists, "lists"),
        (_missing_contact, "contact"),
        (_extra_contact, "contact"),
        (_double_event, "event zoom_webinar_"),
        (_wrong_property, "event zoom_webinar_attended minutes"),
        (_missing_event, "event zoom_webinar_attended"),
    ],
)
def test_anything_that_is_not_the_truth_is_one_difference(
    truth: Truth, spoil: Callable[[dict[str, Any]], None], field: str
) -> None:
    """Each spoilt thing is told once, with its field."""
    held = held_by(truth)
    spoil(held)
    (difference,) = compare(truth, held)
    assert difference.field.startswith(field)


def test_what_a_retraction_leaves_is_right_as_it_was_and_as_nothing(truth: Truth) -> None:
    """A contact of whom all was taken back may be missing; what is left of it must have been true."""
    email = next(iter(truth.contacts))
    gone = ContactTruth(
        email, "", {}, frozenset(), (), (), leftovers={"NO_SHOWS": frozenset({0, 1})}, may_be_missing=True
    )
    held = held_by(truth)
    held["contacts"] = [contact for contact in held["contacts"] if contact["email"] != email]
    held["events"] = [event for event in held["events"] if event["identifiers"]["email_id"] != email]
    taken_back = Truth({**truth.contacts, email: gone}, truth.sessions)
    assert compare(taken_back, held) == []
    for value, differences in ((0, 0), (1, 0), (2, 1)):
        left = {"id": 999, "email": email, "attributes": {"NO_SHOWS": value}, "listIds": []}
        assert len(compare(taken_back, held | {"contacts": [*held["contacts"], left]})) == differences
