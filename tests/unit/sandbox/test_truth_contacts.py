"""attendance.md 8, by hand: attributes, lists, events, recordings."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox.truth import Rules
from sandbox.truth.identity import first_name
from tests.support.told import DAY, Told, at, text

ANA, BO = "ana@example.com", "bo@example.com"
REGISTERED = "zoom_webinar_registered"


def held(told: Told, uuid: str = "w", start: float = 0, email: str = ANA) -> Told:
    """A run of an hour in which somebody was from beginning to end."""
    told.run(uuid, start, start + 60)
    told.stay(uuid, email, start, start + 60)
    return told


def named(told: Told, email: str, name: str) -> list[dict[str, Any]]:
    """The properties of a contact's events of a name."""
    return [event.properties for event in told.contact(email).events if event.name == name]


def test_contact_shows_the_latest_session_and_counts_all() -> None:
    """A no-show changes neither duration nor date."""
    told = Told(session_type=9)
    told.occurs("monday", 0)
    told.occurs("tuesday", DAY)
    told.registers("r", ANA)
    held(held(told, "a", 0), "b", DAY, BO)
    shown = told.contact(ANA).attributes
    assert shown["ATTENDANCE_STATUS"] == "no_show"
    assert (shown["MEETING_DURATION"], shown["MEETING_JOIN_DATE"]) == (60, "2026-08-19")
    assert (shown["WEBINARS_ATTENDED"], shown["MEETINGS_ATTENDED"], shown["NO_SHOWS"]) == (1, 0, 1)
    # 100, a day old, and 0: round(100 x 0.5^(1/90)).
    assert (shown["ENGAGEMENT_SCORE"], shown["ENGAGEMENT_WHY"]) == (99, "registered, did not attend")
    assert told.contact(ANA).lists == {16, 17, 18}


def test_registrant_shows_no_engagement_before_the_first_result() -> None:
    """Zeros come with it."""
    told = Told()
    told.registers("r", BO, tracking_source={"source_name": "newsletter"}, first_name="Bo")
    assert told.contact(BO).attributes == {
        "ATTENDANCE_STATUS": "registered",
        "WEBINAR_NAME": "T",
        "UTM_SOURCE": "newsletter",
        "FIRSTNAME": "Bo",
    }


def test_meeting_writes_no_title_and_its_own_list() -> None:
    """Webinars alone do."""
    told = held(Told("meeting", 2))
    assert "WEBINAR_NAME" not in told.contact(ANA).attributes
    assert told.contact(ANA).lists == {15}
    assert [event.name for event in told.contact(ANA).events] == ["zoom_meeting_attended"]


@pytest.mark.parametrize(
    ("zone", "rules", "wanted"),
    [
        ("America/Los_Angeles", Rules(), "2026-08-18"),
        ("America/Los_Angeles", Rules(date_zone="utc"), "2026-08-19"),
        ("UTC", Rules(date_zone="America/Los_Angeles"), "2026-08-18"),
        ("", Rules(), "2026-08-19"),
        ("No/Such", Rules(), "2026-08-19"),
    ],
)
def test_date_is_that_of_the_webinars_zone_unless_told(zone: str, rules: Rules, wanted: str) -> None:
    """Six in the evening there is the next day in UTC."""
    told = Told(start=-9 * 60, timezone=zone)
    held(told, "w", -9 * 60)
    assert told.contact(ANA, rules).attributes["MEETING_JOIN_DATE"] == wanted


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        ("Ana Ferreira", "Ana"),
        ("MEYER, Jonas", "Jonas"),
        ("Dr. Marta Lindqvist", "Marta"),
        ("iPhone", None),
        ("Zoom user", None),
        ("+49 170 1234567", None),
        ("🎧 Ola Nordin", "Ola"),
        ("\u202eאבי כהן", "אבי"),  # noqa: RUF001  (Hebrew: its letters are no mistyped Latin ones)
        ("", None),
    ],
)
def test_first_name_is_the_first_word_that_is_a_name(shown: str, wanted: str | None) -> None:
    """No device, no title, no number, no emoji, no direction control."""
    assert first_name(shown) == wanted


def test_name_of_the_registration_comes_before_the_display_name() -> None:
    """And a display name that holds none before nothing."""
    told = Told()
    told.registers("r", ANA, first_name="Anna")
    held(told)
    assert told.contact(ANA).attributes["FIRSTNAME"] == "Anna"
    guest = Told()
    guest.run("w", 0, 60)
    guest.stay("w", BO, 0, 30, device="a", name="1415555****")
    guest.stay("w", BO, 30, 60, device="b", name="Bo Halvorsen")
    assert guest.contact(BO).attributes["FIRSTNAME"] == "Bo"


def test_events_of_attendance_say_start_end_and_score() -> None:
    """With the session's S and E, cut at the scheduled start."""
    told = Told()
    told.registers("r", BO)
    told.run("w", -30, 60)
    told.stay("w", ANA, 0, 60)
    common = {"session_uuid": "w", "object_id": "1", "topic": "T", "started_at": text(0), "ended_at": text(60)}
    assert named(told, ANA, "zoom_webinar_attended") == [
        {**common, "status": "attended", "minutes": 60, "score": 100, "join_time": text(0)}
    ]
    assert named(told, BO, "zoom_webinar_no_show") == [{**common, "status": "no_show"}]
    assert [event.at for event in told.contact(BO).events] == [at(-DAY) + 1, at(60)]


def test_registered_is_told_of_what_a_webhook_said() -> None:
    """What is known from Zoom's list alone may be old."""
    told = Told()
    told.registers("r", ANA, tracking_source={"source_name": "partner"})
    told.lists("s", BO)
    assert named(told, ANA, REGISTERED) == [{"object_id": "1", "topic": "T", "starts_at": text(0), "source": "partner"}]
    assert told.contact(BO).events == ()


def test_registered_is_told_as_the_first_approval_said() -> None:
    """Of several webhooks about one registration."""
    told = Told()
    told.registers("r", BO, -90)
    told.registers("r", BO, -80)
    assert [event.at for event in told.contact(BO).events] == [at(-90) + 1]


def test_registered_after_the_end_is_not_told() -> None:
    """Nor at the end itself."""
    told = held(Told())
    told.registers("r", BO, 60 - 1 / 60)
    assert named(told, BO, REGISTERED) == []


def test_registered_for_a_running_series_is_told() -> None:
    """Entries still to come are not over; who names only one that is, comes too late."""
    told = Told(session_type=9)
    told.occurs("monday", 0)
    told.occurs("tuesday", DAY)
    held(told, "a", 0)
    told.registers("r", BO, 120)
    assert len(named(told, BO, REGISTERED)) == 1
    told.registers("s", "cy@example.com", 120, occurrences=[("monday", 0)])
    assert named(told, "cy@example.com", REGISTERED) == []
    held(told, "b", DAY)
    told.registers("t", "dee@example.com", DAY + 120)
    assert named(told, "dee@example.com", REGISTERED) == []


def test_registered_between_sessions_without_schedule_is_told() -> None:
    """It is before the last E that is known."""
    told = Told(session_type=6)
    held(told, "a", 0)
    told.registers("r", BO, 90)
    assert named(told, BO, REGISTERED) == []
    held(told, "b", 120)
    assert len(named(told, BO, REGISTERED)) == 1


def test_cancelled_registration_may_or_may_not_have_been_told() -> None:
    """It depends on what was known first."""
    told = Told()
    told.registers("r", BO, -90)
    told.registers("r", BO, -80, status="cancelled")
    (event,) = told.contact(BO).events
    assert event.may_be_missing


def test_start_of_a_moved_webinar_is_right_as_it_was_said_and_as_it_stands() -> None:
    """Which of them was sent depends on when."""
    told = Told(start=DAY)
    told.registers("r", BO, -90, start=0)
    (event,) = told.contact(BO).events
    assert [accepted.properties["starts_at"] for accepted in (event, *event.alternatives)] == [text(0), text(DAY)]


def recording(told: Told, uuid: str, minutes: int, at_minutes: float) -> None:
    """`recording.completed` of a run."""
    content = {"uuid": uuid, "id": 1, "share_url": f"https://zoom.example.com/{uuid}?pwd=x", "duration": minutes}
    event = {"event": "recording.completed", "event_ts": at(at_minutes) * 1_000, "payload": {"object": content}}
    told.bodies.append(orjson.dumps(event))


def test_recording_is_told_once_every_main_run_has_one_and_it_is_the_longest() -> None:
    """A stub, then the whole; the stray run is not waited for."""
    told = Told()
    told.run("stub", 0, 10)
    told.stay("stub", ANA, 0, 10)
    told.run("whole", 20, 60)
    told.stay("whole", ANA, 20, 60)
    told.run("stray", 70, 80)
    told.stay("stray", BO, 70, 71)
    recording(told, "stub", 10, 90)
    assert named(told, ANA, "zoom_recording_ready") == []
    waited = told.contact(ANA, Rules(recordings_waited=True)).events[-1]
    assert (waited.properties["share_url"], waited.properties["parts"]) == ("https://zoom.example.com/stub", 1)
    recording(told, "whole", 40, 91)
    recording(told, "whole", 41, 95)
    (event,) = [event for event in told.contact(ANA).events if event.name == "zoom_recording_ready"]
    assert event.at == at(95)
    assert event.properties == {
        "session_uuid": "stub",
        "object_id": "1",
        "topic": "T",
        "share_url": "https://zoom.example.com/whole",
        "minutes": 41,
        "parts": 2,
    }


def test_recording_waits_for_the_session_to_be_final() -> None:
    """Not before T + D."""
    told = Told()
    told.run("w", 0, 5)
    told.stay("w", ANA, 0, 5)
    recording(told, "w", 5, 10)
    assert not any("recording" in event.name for event in told.contact(ANA, Rules(now=at(30))).events)
    assert any("recording" in event.name for event in told.contact(ANA, Rules(now=at(60))).events)
