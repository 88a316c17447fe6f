"""When a registration is told of, and how often: in a crowd, at the very end, and after it was taken back."""

from __future__ import annotations

from random import Random

import pytest

from sandbox.zoom.state import ZoomState
from schemas.attendance import Registration
from tests.support.tracking import Pipeline, configuration
from tests.support.worked_examples import Example, address, seconds
from tests.support.worked_outcomes import played

CROWD = [f"p{number:02}" for number in range(40)]


@pytest.mark.parametrize("random", [None, Random(1)], ids=["one each", "many in a turn"])
def test_registrations_that_come_at_one_instant_are_all_told(random: Random | None) -> None:
    """Each address is asked about, however many others are just then: records of a turn have one time of receipt."""
    example = Example()
    for line in ("webinar 10:00 60 min", *(f"registered {who} at -1d 10:00" for who in CROWD)):
        example.read(line)
    (session,) = example.zoom().sessions
    # Zoom's list is read with the first of them, and has nobody yet.
    zoom = ZoomState(sessions=(session.model_copy(update={"registrants": ()}),))
    pipeline = Pipeline(configuration(), zoom, random)
    pipeline.now_ms = seconds("-1d 10:00:02") * 1_000
    pipeline.feed(example.bodies)
    pipeline.settle(hours=1)
    assert set(pipeline.upserts) == {address(who) for who in CROWD}
    told = [(event.email, event.name) for event in pipeline.events]
    assert sorted(told) == [(address(who), "zoom_webinar_registered") for who in CROWD]


@pytest.mark.parametrize(("at", "events"), [("10:59:58", 1), ("10:59:59", 0)], ids=["before E", "at E"])
def test_registration_approved_at_the_end_is_not_told_of_as_an_event(at: str, events: int) -> None:
    """Approved before E: Zoom's `event_ts` is a second after the time here."""
    example = Example()
    for line in ("webinar 10:00 60 min", f"registered ana at {at}", "run A 10:00-11:00", "bo in A 10:00-11:00"):
        example.read(line)
    pipeline = played(example)
    assert [event.name for event in pipeline.events if event.email == address("ana")].count(
        "zoom_webinar_registered"
    ) == events
    assert pipeline.upserts[address("ana")].lists


def test_registrants_of_a_webinar_that_was_made_a_meeting_leave_their_list() -> None:
    """What was told of a webinar is taken back of a webinar."""
    example = Example()
    for line in ("webinar 10:00 60 min", "registered ana"):
        example.read(line)
    pipeline = Pipeline(configuration(), example.zoom())
    pipeline.now_ms = seconds("-2d 09:00") * 1_000
    pipeline.feed(example.bodies)
    registrants = pipeline.upserts[address("ana")].lists
    example.say("converted_to_meeting", seconds("-2d 10:00"))
    pipeline.feed(example.bodies[-1:])
    pipeline.settle(hours=1)
    left = pipeline.upserts[address("ana")]
    assert registrants
    assert (left.lists, left.lists_left) == ((), registrants)


def test_revision_of_a_registration_goes_on_after_it_was_taken_back() -> None:
    """A webinar that was made a meeting, and a webinar again: an old revision never overwrites a newer one."""
    example = Example()
    example.read("webinar 10:00 60 min")
    example.read("registered ana")
    example.say("converted_to_meeting", seconds("-2d 10:00"))
    example.say("meeting.converted_to_webinar", seconds("-1d 10:00"))
    pipeline = Pipeline(configuration(), example.zoom())
    pipeline.now_ms = seconds("-1d 11:00") * 1_000
    for body in example.bodies:
        pipeline.feed([body])
        pipeline.settle(hours=1)
    told = [fact for fact in pipeline.facts if isinstance(fact, Registration)]
    assert [(fact.revision, fact.retracted) for fact in told] == [(1, False), (2, True), (3, False)]


def test_registration_that_is_told_after_the_session_makes_a_no_show_of_who_did_not_come() -> None:
    """Its webhook was held up: she was approved before the end."""
    example = Example()
    for line in ("webinar 10:00 60 min", "run A 10:00-11:00", "bo in A 10:00-11:00", "registered ana at -1d 10:00"):
        example.read(line)
    late = [body for body in example.bodies if address("ana").encode() in body]
    example.registrants.clear()
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), example.zoom())
    pipeline.now_ms = seconds("11:00:02") * 1_000
    pipeline.feed(body for body in example.bodies if body not in late)
    pipeline.settle(hours=1)
    assert {result.email for result in pipeline.results.values()} == {address("bo")}
    pipeline.feed(late)
    pipeline.settle(hours=1)
    statuses = {result.email: result.attendance_status for result in pipeline.results.values()}
    assert statuses == {address("bo"): "attended", address("ana"): "no_show"}


def test_registration_of_what_lasted_longer_after_all_is_told_when_that_is_heard() -> None:
    """The first `ended` was of a broken line: ten minutes after it she registered, and it went on."""
    example = Example()
    lines = ["webinar 10:00 60 min", "run A 10:00-11:00", "bo in A 10:00-11:00", "registered ana at 11:10"]
    for line in (*lines, "run A 10:00-11:30"):
        example.read(line)
    *first, _started, ended = example.bodies
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), example.zoom())
    pipeline.now_ms = seconds("11:31") * 1_000
    pipeline.feed(first)
    pipeline.settle(hours=1)
    assert "zoom_webinar_registered" not in {event.name for event in pipeline.events}
    pipeline.feed([ended])
    pipeline.settle(hours=1)
    told = [event.email for event in pipeline.events if event.name == "zoom_webinar_registered"]
    assert told == [address("ana")]


def test_registration_under_an_excluded_domain_is_no_fact() -> None:
    """Not even one that the next reader would have to leave out."""
    example = Example()
    for line in ("webinar 10:00 60 min", "registered ana", "setting filters.exclude_domains [example.com]"):
        example.read(line)
    assert not played(example).facts


def test_registration_after_a_rehearsal_is_told_at_once() -> None:
    """A run of the day before is no end of anything."""
    example = Example()
    for line in (
        "webinar 10:00 60 min",
        "run Try -1d 16:00-16:10",
        "host in Try -1d 16:00-16:10",
        "registered ana at -1d 18:00",
    ):
        example.read(line)
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), example.zoom())
    pipeline.now_ms = seconds("-1d 18:01") * 1_000
    pipeline.feed(example.bodies)
    pipeline.settle(hours=1)
    assert [(event.email, event.name) for event in pipeline.events] == [(address("ana"), "zoom_webinar_registered")]


def test_registration_that_names_an_occurrence_says_when_a_webinar_with_one_time_is() -> None:
    """Zoom does not answer for it any more: who did not come is told so by what the registration said."""
    example = Example()
    example.read("webinar 10:00 60 min")
    example.dates = {"one": seconds("10:00")}
    for line in ("registered ana for one", "run A 10:00-11:00", "bo in A 10:00-11:00"):
        example.read(line)
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), ZoomState())
    pipeline.now_ms = seconds("11:01") * 1_000
    pipeline.feed(example.bodies)
    pipeline.settle(hours=3)
    told = {(event.email, event.name) for event in pipeline.events}
    assert (address("ana"), "zoom_webinar_no_show") in told


def test_dates_that_were_told_of_are_kept_when_none_is_left() -> None:
    """As long as a registration would be: what comes next needs them."""
    example = Example()
    for line in ("series 10:00 60 min: one", "told at -2d 09:00: one 10:00", "deleted one at -1d 09:00"):
        example.read(line)
    pipeline = Pipeline(configuration(), ZoomState())
    pipeline.now_ms = seconds("-1d 10:00") * 1_000
    pipeline.feed(example.bodies)
    pipeline.settle(hours=24 * 30)
    assert pipeline.rows()
    pipeline.settle(hours=24 * 10)
    assert not pipeline.rows()
