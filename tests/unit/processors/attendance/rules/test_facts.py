"""Zoom's sample events as facts, and what cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from processors.attendance.rules.events import parse_event
from processors.attendance.rules.facts import Bound, Converted, Ended, Registered, RoleChanged, ScheduleChange, Seen
from processors.attendance.rules.schedule import Said
from schemas.errors import DeadLetterError

RECEIVED_MS = 1_800_000_000_000
EXAMPLES = Path("schemas/examples/zoom.events.raw.v1")
SAYS_NOTHING = ("endpoint.", "app_", "recording.", "meeting.summary", "waiting_room", "breakout_room")


def example(name: str) -> Any:
    """The sample event of a file."""
    return orjson.loads((EXAMPLES / f"{name}.json").read_bytes())


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.json")), ids=lambda file: file.stem)
def test_every_sample_event_is_a_fact_or_says_nothing_about_attendance(file: Path) -> None:
    """A room move and a waiting room never change who was there; everything else is understood."""
    fact = parse_event(orjson.loads(file.read_bytes()), RECEIVED_MS)
    assert (fact is None) == any(word in file.stem for word in SAYS_NOTHING)


def test_what_a_session_repeats_is_read_by_its_type_whatever_came_before() -> None:
    """Python calls 1 and true equal, and what was read once is remembered: true is no id for it."""
    event = example("webinar.participant_joined__registrant")
    event["payload"]["object"]["id"] = 1
    joined = parse_event(event, RECEIVED_MS)
    assert isinstance(joined, Seen)
    assert joined.event.object_id == "1"
    event["payload"]["object"]["id"] = True
    with pytest.raises(DeadLetterError, match=r"object\.id is missing"):
        parse_event(event, RECEIVED_MS)


def test_ids_come_as_number_or_text_and_empty_means_missing() -> None:
    """Registration events have a numeric id, live ones a text; both meet under one key."""
    joined, registered = parse_event(example("meeting.participant_joined__guest"), RECEIVED_MS), None
    created = example("meeting.registration_created__plain")
    registered = parse_event(created, RECEIVED_MS)
    assert isinstance(joined, Seen)
    assert isinstance(registered, Registered)
    assert joined.event.object_id == registered.event.object_id == "84215567031"
    assert (joined.shown.email, joined.shown.user_id, joined.shown.registrant_id) == (None, None, None)


def test_email_is_trimmed_and_lower_cased() -> None:
    """Two spellings are one person."""
    event = example("webinar.participant_joined__registrant")
    event["payload"]["object"]["participant"]["email"] = "  Lucia.BRANDVOLD@Example.com "
    fact = parse_event(event, RECEIVED_MS)
    assert isinstance(fact, Seen)
    assert fact.shown.email == "lucia.brandvold@example.com"


def test_user_is_the_one_that_zoom_names_as_such() -> None:
    """`id` is the fallback: of some clients it is none of a user."""
    event = example("webinar.participant_joined__registrant")
    event["payload"]["object"]["participant"] |= {"id": "other", "participant_user_id": "user"}
    fact = parse_event(event, RECEIVED_MS)
    assert isinstance(fact, Seen)
    assert fact.shown.user_id == "user"


def test_practice_role_change_bind_and_conversion_are_understood() -> None:
    """Events of which Zoom publishes no sample, by their documented fields."""
    ended = example("webinar.ended__plain")
    ended["payload"]["object"]["practice_session"] = True
    fact = parse_event(ended, RECEIVED_MS)
    assert isinstance(fact, Ended)
    assert fact.practice
    joined = example("webinar.participant_joined__registrant")
    participant = joined["payload"]["object"]["participant"]
    joined["event"] = "webinar.participant_role_changed"
    participant |= {"old_role": "attendee", "new_role": "panelist"}
    changed = parse_event(joined, RECEIVED_MS)
    assert isinstance(changed, RoleChanged)
    assert changed.panelist
    joined["event"] = "webinar.participant_bind"
    participant["bind_participant_uuid"] = "OTHER"
    bound = parse_event(joined, RECEIVED_MS)
    assert isinstance(bound, Bound)
    assert bound.bound_to == "OTHER"
    joined["event"] = "webinar.converted_to_meeting"
    converted = parse_event(joined, RECEIVED_MS)
    assert isinstance(converted, Converted)
    assert converted.object_type == "meeting"


@pytest.mark.parametrize(
    "damage",
    [
        lambda event: event["payload"]["object"].pop("uuid"),
        lambda event: event["payload"]["object"].pop("id"),
        lambda event: event["payload"]["object"].pop("participant"),
        lambda event: event["payload"]["object"]["participant"].update(join_time="yesterday"),
        lambda event: event["payload"]["object"]["participant"].update(join_time=""),
        lambda event: event["payload"]["object"].update(id={"nested": 1}),
        lambda event: event.pop("payload"),
    ],
)
def test_event_that_lacks_what_identifies_it_is_a_dead_letter(damage: Any) -> None:
    """It is kept with the reason, and the others go on."""
    event = example("webinar.participant_joined__registrant")
    damage(event)
    with pytest.raises(DeadLetterError, match=r"webinar\.participant_joined cannot be read"):
        parse_event(event, RECEIVED_MS)


@pytest.mark.parametrize("event", [[], "text", None, 5, {}, {"event": 7}])
def test_what_is_no_event_is_a_dead_letter(event: Any) -> None:
    """Whoever wrote to the topic, it was not Zoom."""
    with pytest.raises(DeadLetterError, match="not a Zoom event"):
        parse_event(event, RECEIVED_MS)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda item: item.update(type="maya.secret@example.com"), "type is no number"),
        (lambda item: item.update(type=float("inf")), "type is no number"),
        (lambda item: item["participant"].update(join_time="Maya Okafor, +44 20 7946 0000"), "join_time is no instant"),
        (lambda item: item.update(uuid=["maya.secret@example.com"]), "a list where a text is expected"),
        (lambda item: item.pop("participant"), "'participant' is missing"),
        (lambda item: item.update(participant="Maya Okafor"), "a part of it has the wrong type (AttributeError)"),
    ],
)
def test_reason_of_a_dead_letter_names_the_field_and_never_its_value(damage: Any, told: str) -> None:
    """The reason is a header that everybody reads; the value may be a name, an address or a number."""
    event = example("webinar.participant_joined__registrant")
    damage(event["payload"]["object"])
    with pytest.raises(DeadLetterError) as caught:
        parse_event(event, RECEIVED_MS)
    assert str(caught.value) == f"webinar.participant_joined cannot be read: {told}"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("join_time", "0001-01-01T00:00:00+14:00", "join_time is no instant"),
        ("join_time", "9999-12-31T23:59:59-14:00", "join_time is no instant"),
        ("join_time", "1969-12-31T23:59:59Z", "join_time is no instant"),
        ("participant_uuid", "u" * 70_000, "an id of more than 1000 characters"),
    ],
)
def test_what_no_row_can_hold_is_refused_before_it_is_stored(field: str, value: str, reason: str) -> None:
    """An instant that no date can be made of would make a dead letter of every tick of its session."""
    event = example("webinar.participant_joined__registrant")
    event["payload"]["object"]["participant"][field] = value
    with pytest.raises(DeadLetterError, match=reason):
        parse_event(event, RECEIVED_MS)


@pytest.mark.parametrize("event_ts", [-1, 32_503_680_000_000, 10**300])
def test_event_ts_that_is_no_instant_is_refused(event_ts: int) -> None:
    """It orders registrations and names the time of facts."""
    event = example("meeting.registration_created__plain")
    event["event_ts"] = str(event_ts)
    with pytest.raises(DeadLetterError, match="event_ts"):
        parse_event(event, RECEIVED_MS)


def test_text_longer_than_any_of_zooms_is_cut() -> None:
    """A name of 250 KB is nobody's; its row stays small."""
    event = example("webinar.participant_joined__registrant")
    event["payload"]["object"]["participant"]["user_name"] = "\u0001" * 250_000
    fact = parse_event(event, RECEIVED_MS)
    assert isinstance(fact, Seen)
    assert fact.shown.name == "\u0001" * 4_000


def test_event_without_its_time_takes_that_of_its_receipt() -> None:
    """Never 1970: a registration of that year would lose to every other word about it."""
    for missing in (None, "", ...):
        event = example("webinar.registration_created__registrant")
        if missing is ...:
            del event["event_ts"]
        else:
            event["event_ts"] = missing
        fact = parse_event(event, RECEIVED_MS)
        assert isinstance(fact, Registered)
        assert fact.event.event_ts == RECEIVED_MS


def test_time_that_cannot_be_read_costs_an_event_only_where_it_counts() -> None:
    """Of a registration the latest word stands; a join says itself when it was."""
    registered = {**example("webinar.registration_created__registrant"), "event_ts": "soon"}
    with pytest.raises(DeadLetterError, match="event_ts"):
        parse_event(registered, RECEIVED_MS)
    joined = {**example("webinar.participant_joined__registrant"), "event_ts": "soon"}
    assert isinstance(parse_event(joined, RECEIVED_MS), Seen)


def test_dates_of_a_webinar_are_told_by_what_changes_them() -> None:
    """`updated` may hold nothing but what was changed; `deleted` takes out the dates that it names.

    A date without a duration has the webinar's.
    """
    event = example("webinar.registration_created__registrant")
    item: dict[str, Any] = {
        "id": 5,
        "type": 9,
        "occurrences": [{"occurrence_id": "1", "start_time": "2026-08-12T10:00:00Z"}],
    }
    for name, dates in (
        ("webinar.updated", (Said("1", 1_786_528_800, None),)),
        ("webinar.deleted", (Said("1", 1_786_528_800, None, is_gone=True),)),
    ):
        fact = parse_event({**event, "event": name, "payload": {"object": item}}, RECEIVED_MS)
        assert isinstance(fact, ScheduleChange)
        assert fact.dates == dates
    whole = {**item, "duration": 90, "occurrences": [*item["occurrences"], {"occurrence_id": "2", "duration": 30}]}
    fact = parse_event({**event, "event": "webinar.created", "payload": {"object": whole}}, RECEIVED_MS)
    assert isinstance(fact, ScheduleChange)
    assert fact.dates == (Said("1", 1_786_528_800, 90 * 60), Said("2", None, 30 * 60))
    moved = {"id": 5, "start_time": "2026-08-12T10:00:00Z"}
    fact = parse_event({**event, "event": "webinar.updated", "payload": {"object": moved}}, RECEIVED_MS)
    assert isinstance(fact, ScheduleChange)
    assert fact.dates == (Said("", 1_786_528_800, None),)
    gone = parse_event({**event, "event": "webinar.deleted", "payload": {"object": {"id": 5}}}, RECEIVED_MS)
    assert isinstance(gone, ScheduleChange)
    assert gone.dates == ()
