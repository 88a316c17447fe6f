"""Each kind of trouble that concerns runs, schedules and reports does what its name says."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox.simulator import REPORT_CHAOS, Chaos, World, simulate_meeting, simulate_webinar
from sandbox.simulator.world import RunSpan
from sandbox.zoom.state import StateRow, ZoomObject
from schemas.instants import parse_instant

STARTS_AT = 1_787_155_200
HOUR = 3_600


def webinar(*chaos: Chaos, seed: int = 7) -> World:
    """A webinar of these tests, an hour from `STARTS_AT`."""
    return simulate_webinar(50, seed, frozenset(chaos), starts_at=STARTS_AT)


def session_of(world: World) -> ZoomObject:
    """What Zoom holds of it."""
    (session,) = world.zoom.sessions
    return session


def objects(world: World, name: str) -> list[dict[str, Any]]:
    """The objects of all webhooks of a name."""
    events = [orjson.loads(delivery.body) for delivery in world.deliveries]
    return [event["payload"]["object"] for event in events if event["event"].endswith(f".{name}")]


def runs(world: World, purpose: str) -> list[RunSpan]:
    """Its runs of a purpose."""
    return [span for span in world.event.spans if span.purpose == purpose]


def roles_in(world: World, purpose: str) -> set[str]:
    """Who was in them."""
    return {
        person.role
        for person in world.people
        for visit in person.visits
        if world.event.spans[visit.instance].purpose == purpose
    }


def test_rehearsal_is_a_run_of_staff_the_day_before_and_a_practice_session() -> None:
    """Only the practice session says what it is."""
    world = webinar("rehearsal")
    (rehearsal,), (practice,) = runs(world, "rehearsal"), runs(world, "practice")
    assert STARTS_AT - 24 * HOUR < rehearsal.started_at < STARTS_AT - 20 * HOUR
    assert practice.ended_at < STARTS_AT
    assert roles_in(world, "rehearsal") == roles_in(world, "practice") == {"host", "panelist"}
    said = {content["uuid"]: content["practice_session"] for content in objects(world, "ended")}
    assert said[practice.uuid]
    assert not said[rehearsal.uuid]


def test_rehearsal_of_a_meeting_is_near_enough_to_belong_to_it() -> None:
    """Five minutes before, within the restart gap."""
    world = simulate_meeting(20, 7, frozenset({"rehearsal"}), starts_at=STARTS_AT)
    (rehearsal,), (main,) = runs(world, "rehearsal"), runs(world, "main")
    assert main.started_at - rehearsal.ended_at == 300


def test_reopen_is_a_minute_of_the_host_alone_long_after_the_end() -> None:
    """Beyond the restart gap."""
    world = webinar("reopen")
    (again,), (main,) = runs(world, "reopened"), runs(world, "main")
    assert again.started_at - main.ended_at > 960
    assert again.ended_at - again.started_at == 60
    assert roles_in(world, "reopened") == {"host"}


def test_line_break_is_twenty_minutes_without_anybody() -> None:
    """Beyond the restart gap, and most people come again."""
    world = webinar("line-break")
    first, second = runs(world, "main")
    assert second.started_at - first.ended_at == 1_200
    both = [person for person in world.people if {visit.instance for visit in person.visits} == {0, 1}]
    assert len(both) > 20


def test_stray_run_has_one_who_was_there_one_who_was_not_and_a_stranger() -> None:
    """Within the restart gap, without the host, and short."""
    world = webinar("stray-run")
    (stray,), (main,) = runs(world, "stray"), runs(world, "main")
    assert 0 < stray.started_at - main.ended_at < 900
    index = world.event.spans.index(stray)
    there = [person for person in world.people if any(visit.instance == index for visit in person.visits)]
    assert sorted(len(person.visits) > 1 for person in there) == [False, False, True]
    assert sorted(bool(person.enrolments) for person in there) == [False, True, True]


def test_early_doors_open_half_an_hour_before_and_some_wait_in_the_lobby() -> None:
    """The scheduled start stays what it is."""
    world = webinar("early-doors")
    (main,) = runs(world, "main")
    assert main.started_at == STARTS_AT - 1_800
    waiting = [p for p in world.people if any(visit.joined_at < STARTS_AT - 300 for visit in p.visits)]
    assert len(waiting) > 5
    assert parse_instant(session_of(world).details["start_time"]) == STARTS_AT


def test_phone_legs_show_a_number_only_and_are_bound_to_a_connection_of_the_same_run() -> None:
    """One telephone is bound to nobody."""
    world = webinar("phone-legs")
    legs = [visit for person in world.people for visit in person.visits if visit.phone]
    bound = [visit for visit in legs if visit.bound_to]
    assert 0 < len(bound) < len(legs)
    connections = {(v.instance, v.connection): v.user_ids for p in world.people for v in p.visits}
    for leg in bound:
        assert leg.bound_to is not None
        uuid, user_id = leg.bound_to
        assert user_id in connections[leg.instance, uuid]
    told = [content["participant"] for content in objects(world, "participant_bind")]
    assert {(content["bind_participant_uuid"], content["bind_user_id"]) for content in told} == {
        leg.bound_to for leg in bound
    }
    shown = [c["participant"] for c in objects(world, "participant_joined") if c["participant"]["phone_number"]]
    assert len(shown) == len(legs)
    assert {(content["email"], content["registrant_id"], content["id"]) for content in shown} == {("", "", "")}


def test_recurring_is_a_series_of_which_two_were_held_one_is_to_come_and_one_was_deleted() -> None:
    """Some registrations name occurrences, others are for all of them."""
    world = webinar("recurring")
    rows = session_of(world).details["occurrences"]
    assert session_of(world).details["type"] == 9
    assert sorted(row["status"] for row in rows) == ["available", "available", "available", "deleted"]
    assert len(world.event.spans) == 2
    assert world.event.spans[1].started_at - world.event.spans[0].started_at > 6 * 24 * HOUR
    told = objects(world, "registration_created")
    known = {row["occurrence_id"] for row in rows}
    assert any("occurrences" not in content for content in told)
    assert {occurrence["occurrence_id"] for content in told for occurrence in content.get("occurrences", [])} < known
    assert any("occurrence_ids" in row for row in session_of(world).registrants)
    assert {content["type"] for content in objects(world, "started")} == {9}


@pytest.mark.parametrize("kinds", [("moved-occurrence",), ("moved-occurrence", "recurring")], ids=str)
def test_moved_occurrence_keeps_its_id_and_gets_another_start(kinds: tuple[Chaos, ...]) -> None:
    """Registrations before the move say the old start, the `updated` event both, Zoom the new one."""
    world = webinar(*kinds)
    (moved,) = [plan for plan in world.event.planned if plan.planned_at != plan.starts_at]
    (entry,) = objects(world, "updated")
    said = entry["occurrences"][0] if "recurring" in kinds else entry
    assert parse_instant(said["start_time"]) == STARTS_AT == moved.starts_at
    details = session_of(world).details
    if "recurring" in kinds:
        now = {row["occurrence_id"]: parse_instant(row["start_time"]) for row in details["occurrences"]}
        assert now[said["occurrence_id"]] == STARTS_AT
        assert said["occurrence_id"] == str(moved.planned_at * 1_000)
    else:
        old = {parse_instant(content["start_time"]) for content in objects(world, "registration_created")}
        assert moved.planned_at in old
        assert parse_instant(details["start_time"]) == STARTS_AT


def rows(world: World) -> list[StateRow]:
    """The final rows of its report."""
    return [row for instance in session_of(world).instances for row in instance.participants]


def test_report_missing_lacks_people_and_is_ready_at_the_third_reading_only() -> None:
    """Before that half of it, then durations of 0."""
    calm, world = webinar(), webinar("report-missing")
    assert {row["name"] for row in rows(world)} < {row["name"] for row in rows(calm)}
    (instance,) = session_of(world).instances
    half, zero = instance.earlier_readings
    assert len(half) == len(instance.participants) // 2
    assert len(zero) == len(instance.participants)
    assert {row["duration"] for row in zero} == {0}


def test_report_anonymous_lacks_what_zoom_leaves_out_but_no_row() -> None:
    """Addresses and registrant ids of some, of others everything."""
    calm, world = webinar(), webinar("report-anonymous")
    keys = ("user_id", "join_time", "leave_time", "duration")
    assert [[row[key] for key in keys] for row in rows(world)] == [[row[key] for key in keys] for row in rows(calm)]
    hidden = [new for old, new in zip(rows(calm), rows(world), strict=True) if old != new]
    assert {(row["user_email"], row["registrant_id"]) for row in hidden} == {("", "")}
    assert {bool(row["name"]) for row in hidden} == {True, False}


@pytest.mark.parametrize("kind", sorted(REPORT_CHAOS))
def test_incomplete_reports_change_nothing_but_reports(kind: Chaos) -> None:
    """People and deliveries stay."""
    calm, world = webinar(), webinar(kind)
    assert (world.people, world.deliveries) == (calm.people, calm.deliveries)
    assert world.zoom != calm.zoom
