from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from processors.engagement.assessment import WantedContact
from processors.engagement.commands import event_due, registered_event, result_event, upsert_contact
from processors.engagement.contact import Membership
from runtime.brevo_models import Events
from schemas.attendance import Registration, Result
from tests.support.contact_facts import no_show, registration, result

WANTED = WantedContact({}, Membership((17,), (16,)))


@pytest.mark.parametrize(
    ("fact", "due"),
    [
        (registration(), "registered"),
        (registration(observed="list"), None),
        (registration(before_end=False), None),
        (registration(registration_status="cancelled"), None),
        (registration(registration_status="pending"), None),
        (registration(retracted=True), None),
        (registration(origin="backfill"), "registered"),
        (registration(origin="backfill_with_events"), "registered"),
        (result(), "attended"),
        (result(attendance_status="attended", is_final=False), "attended"),
        (result(object_type="meeting"), "attended"),
        (result(retracted=True), None),
        (result(origin="backfill"), "attended"),
        (no_show(), "no_show"),
        (no_show(is_final=False), None),
    ],
)
def test_event_due_follows_the_table_of_events(fact: Registration | Result, due: str | None) -> None:
    """Which fact calls for which event."""
    assert event_due(fact, Events()) == due


@pytest.mark.parametrize(
    ("fact", "switch"), [(registration(), "registered"), (result(), "attended"), (no_show(), "no_show")]
)
def test_event_due_switched_off_is_none(fact: Registration | Result, switch: str) -> None:
    """Each event has its switch."""
    assert event_due(fact, Events(**{switch: False})) is None


def test_registered_event_carries_the_registration() -> None:
    """Named after the webinar and the registrant, dated when it was approved."""
    event = registered_event(registration(), 3)
    assert event.name == "zoom_webinar_registered"
    assert event.event_date == datetime(2026, 8, 5, 10, 0, tzinfo=UTC)
    assert event.once_keys == ("zoom_webinar_registered|abc123|95204914252|r1",)
    assert event.properties == {
        "object_id": "95204914252",
        "topic": "Roadmap",
        "starts_at": "2026-08-12T10:00:00Z",
        "source": "newsletter",
    }


def test_registered_event_unknown_properties_are_left_out() -> None:
    """What is not known is not sent."""
    assert registered_event(registration(starts_at=None, registration_source=None, topic=""), 1).properties == {
        "object_id": "95204914252"
    }


def test_attended_event_carries_the_result() -> None:
    """Dated at the end, one key per instance, properties of the table."""
    event = result_event(result("a==", instances=("a==", "b==")), "attended", 2, 82)
    assert event.name == "zoom_webinar_attended"
    assert event.event_date == datetime(2026, 8, 12, 11, 0, tzinfo=UTC)
    assert event.once_keys == ("zoom_webinar_attended|abc123|a==", "zoom_webinar_attended|abc123|b==")
    assert event.properties == {
        "session_uuid": "a==",
        "object_id": "95204914252",
        "topic": "Roadmap",
        "started_at": "2026-08-12T10:00:00Z",
        "ended_at": "2026-08-12T11:00:00Z",
        "status": "left_early",
        "minutes": 55,
        "score": 82,
        "join_time": "2026-08-12T10:00:00Z",
    }


def test_no_show_event_tells_neither_minutes_nor_score() -> None:
    """The properties of the table, no more."""
    event = result_event(no_show(), "no_show", 2, 0)
    assert event.name == "zoom_webinar_no_show"
    assert event.properties.keys() == {"session_uuid", "object_id", "topic", "started_at", "ended_at", "status"}


def test_meeting_event_has_the_meetings_name() -> None:
    """Meetings have an event of their own."""
    assert result_event(result(object_type="meeting"), "attended", 1, 82).name == "zoom_meeting_attended"


def test_event_id_is_the_same_for_any_revision_of_the_same_thing() -> None:
    """A replay is recognised, and another contact, session or name is another event."""
    event = result_event(result(), "attended", 2, 82)
    assert result_event(result(revision=4, attended_seconds=1), "attended", 9, 3).command_id == event.command_id
    others = (result("other"), result(contact_id="0" * 32))
    assert all(result_event(other, "attended", 2, 82).command_id != event.command_id for other in others)
    assert result_event(no_show(), "no_show", 2, 0).command_id != event.command_id


def test_upsert_id_depends_on_revision_and_content() -> None:
    """Back to an earlier content is a new command; the same facts give the same id."""
    first = upsert_contact(result(), 1, WANTED, "a").command_id
    assert upsert_contact(result(), 1, WANTED, "a").command_id == first
    assert upsert_contact(result(), 3, WANTED, "a").command_id != first
    assert upsert_contact(result(), 1, WANTED, "b").command_id != first


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (result(), {"reason": "result", "session": "s1=="}),
        (registration(), {"reason": "registration", "session": None}),
        (result(retracted=True, origin="replay"), {"reason": "retraction", "origin": "replay"}),
    ],
)
def test_upsert_says_what_caused_it(fact: Registration | Result, expected: dict[str, Any]) -> None:
    """Reason, session and origin are the fact's."""
    command = upsert_contact(fact, 1, WANTED, "a").model_dump()
    assert {name: command[name] for name in expected} == expected
    assert (command["lists"], command["lists_left"]) == ((17,), (16,))
