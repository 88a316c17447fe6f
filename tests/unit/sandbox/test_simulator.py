from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import orjson
import pytest

from sandbox.simulator import CHAOS, DELIVERY_CHAOS, Chaos, World, simulate_meeting, simulate_webinar
from sandbox.zoom.state import ZoomState
from schemas.instants import parse_instant

STARTS_AT = 1_787_155_200
EXAMPLES = Path(__file__).parents[3] / "schemas/examples/zoom.events.raw.v1"
Simulate = Callable[..., World]


def webinar(*chaos: Chaos, attendees: int = 50, seed: int = 7) -> World:
    """A webinar of these tests."""
    return simulate_webinar(attendees, seed, frozenset(chaos), starts_at=STARTS_AT)


def events(world: World) -> list[dict[str, Any]]:
    """The bodies in the order of sending."""
    return [orjson.loads(delivery.body) for delivery in world.deliveries]


def moments(world: World, name: str, key: str) -> Counter[tuple[str, str]]:
    """How often each connection has a join or leave at an instant."""
    people = (e["payload"]["object"]["participant"] for e in events(world) if e["event"].endswith(name))
    return Counter((p["participant_uuid"], p[key]) for p in people)


@pytest.mark.parametrize("simulate", [simulate_webinar, simulate_meeting])
@pytest.mark.parametrize("chaos", [frozenset(), CHAOS])
def test_world_of_one_seed_is_the_same_again_and_of_another_differs(
    simulate: Simulate, chaos: frozenset[Chaos]
) -> None:
    """The seed decides everything."""
    world = simulate(30, 7, chaos, starts_at=STARTS_AT)
    assert world == simulate(30, 7, chaos, starts_at=STARTS_AT)
    assert world.deliveries != simulate(30, 8, chaos, starts_at=STARTS_AT).deliveries


def test_plan_is_the_same_whatever_happens_to_deliveries() -> None:
    """Chaos of the network changes what is sent, not what people did."""
    calm = webinar()
    for kind in sorted(DELIVERY_CHAOS):
        disturbed = webinar(kind)
        assert disturbed.people == calm.people
        assert disturbed.zoom == calm.zoom
        assert disturbed.deliveries != calm.deliveries


@pytest.mark.parametrize("simulate", [simulate_webinar, simulate_meeting])
def test_deliveries_are_compact_utf8_in_rising_time(simulate: Simulate) -> None:
    """Bodies are what Zoom would put on the wire, in the order in which it sends them."""
    world = simulate(50, 7, CHAOS, starts_at=STARTS_AT)
    assert all(orjson.dumps(orjson.loads(delivery.body)) == delivery.body for delivery in world.deliveries)
    offsets = [delivery.offset_seconds for delivery in world.deliveries]
    assert offsets == sorted(offsets)


def test_world_without_chaos_repeats_nothing_and_loses_nothing() -> None:
    """Every connection that joined leaves, and every request id is used once."""
    world = webinar()
    joins, leaves = (
        moments(world, "participant_joined", "join_time"),
        moments(world, "participant_left", "leave_time"),
    )
    assert sum(joins.values()) == sum(leaves.values()) == len(joins)
    assert len({delivery.request_id for delivery in world.deliveries}) == len(world.deliveries)


def test_dup_sends_some_again_with_the_same_id_and_some_with_another() -> None:
    """A retry keeps the request id; a second subscription has its own."""
    deliveries = webinar("dup").deliveries
    ids = Counter(delivery.request_id for delivery in deliveries)
    bodies = Counter(delivery.body for delivery in deliveries)
    assert max(ids.values()) > 1
    assert len(ids) > len(bodies)


@pytest.mark.parametrize("seed", range(5))
def test_reorder_lets_a_leave_overtake_its_join(seed: int) -> None:
    """Nothing is lost, and some connection is seen leaving before it is seen joining."""
    calm, disturbed = webinar(seed=seed), webinar("reorder", seed=seed)
    assert {d.body for d in disturbed.deliveries} == {d.body for d in calm.deliveries}
    first: dict[str, str] = {}
    for event in events(disturbed):
        participant = event["payload"]["object"].get("participant")
        if participant:
            first.setdefault(participant["participant_uuid"], event["event"])
    assert "webinar.participant_left" in first.values()


def test_lost_left_and_lost_joined_drop_only_their_kind() -> None:
    """What is lost is exactly what the name says."""
    calm = Counter(event["event"] for event in events(webinar()))
    for kind, name in (("lost-left", "webinar.participant_left"), ("lost-joined", "webinar.participant_joined")):
        lost = calm - Counter(event["event"] for event in events(webinar(kind)))  # type: ignore[arg-type]
        assert set(lost) == {name}


def test_late_brings_connections_minutes_after_the_end() -> None:
    """Some deliveries about connections come more than a minute after `ended`."""
    world = webinar("late")
    names = [event["event"] for event in events(world)]
    ended = names.index("webinar.ended")
    waits = [
        delivery.offset_seconds - world.deliveries[ended].offset_seconds for delivery in world.deliveries[ended + 1 :]
    ]
    assert max(waits) > 60
    assert any(name == "webinar.participant_joined" for name in names[ended + 1 :])


def test_multi_device_gives_more_people_overlapping_connections() -> None:
    """Several connections of one person at one moment."""

    def overlapping(world: World) -> int:
        return sum(
            any(
                a.joined_at < b.left_at and b.joined_at < a.left_at
                for a in person.visits
                for b in person.visits
                if a != b
            )
            for person in world.people
        )

    assert overlapping(webinar("multi-device")) > overlapping(webinar()) > 0


def test_restart_gives_a_second_uuid_of_the_same_id_within_the_gap() -> None:
    """A host's restart: same id, new uuid, minutes later."""
    world = webinar("restart")
    first, second = world.event.spans
    assert first.uuid != second.uuid
    assert 0 < second.started_at - first.ended_at < 900
    assert {str(event["payload"]["object"]["id"]) for event in events(world)} == {str(world.event.object_id)}
    assert {visit.instance for person in world.people for visit in person.visits} == {0, 1}


def test_room_move_leaves_and_joins_in_one_second_under_a_new_user_id() -> None:
    """As captured from Zoom: same `participant_uuid`, same second, other `user_id`."""
    world = webinar()
    movers = [visit for person in world.people for visit in person.visits if visit.moves]
    assert movers
    for visit in movers:
        assert len(set(visit.user_ids)) == len(visit.moves) + 1
    joins, leaves = (
        moments(world, "participant_joined", "join_time"),
        moments(world, "participant_left", "leave_time"),
    )
    assert any(joins[moment] and leaves[moment] for moment in joins)


def test_uuids_of_some_worlds_need_double_encoding() -> None:
    """Some begin with `/` and contain `//`, some do not."""
    uuids = [webinar(seed=seed, attendees=1).event.spans[0].uuid for seed in range(20)]
    hard = [uuid for uuid in uuids if uuid.startswith("/") and "//" in uuid[1:]]
    assert 0 < len(hard) < len(uuids)
    assert {len(uuid) for uuid in uuids} == {24}


def test_registrations_have_a_number_as_id_and_live_events_a_text() -> None:
    """Zoom's own inconsistency, kept."""
    for event in events(webinar()):
        wanted = int if "registration" in event["event"] else str
        assert isinstance(event["payload"]["object"]["id"], wanted)


def test_world_holds_every_kind_of_person_that_the_rules_tell_apart() -> None:
    """Registrants of every outcome, guests, anonymous people, staff, no-shows."""
    world = webinar()
    roles = {person.role for person in world.people}
    assert roles == {"attendee", "guest", "anonymous", "host", "panelist", "internal"}
    outcomes = {enrolment.outcome for person in world.people for enrolment in person.enrolments}
    assert outcomes == {"approved", "pending", "denied", "cancelled"}
    assert any(not enrolment.announced for person in world.people for enrolment in person.enrolments)
    assert any(person.enrolments and not person.visits for person in world.people)
    typed = [enrolment.email for person in world.people for enrolment in person.enrolments]
    assert any(email != email.lower() for email in typed)


def test_report_rows_tell_the_same_stays_as_the_plan() -> None:
    """One row per stay in one room, in the instance where it was."""
    world = webinar("restart")
    (session,) = world.zoom.sessions
    rows = [row for instance in session.instances for row in instance.participants]
    told = Counter((row["name"], parse_instant(row["leave_time"])) for row in rows)
    planned = Counter(
        (person.name, at) for person in world.people for visit in person.visits for at in (*visit.moves, visit.left_at)
    )
    assert told == planned


def shape(value: object) -> object:
    """Keys and types of a document, without its values; of a list the first element."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


@pytest.mark.parametrize(
    "example",
    [
        "webinar.started__plain",
        "webinar.ended__plain",
        "webinar.participant_joined__registrant",
        "webinar.participant_left__registrant",
        "webinar.registration_created__registrant",
        "webinar.registration_cancelled__plain",
        "meeting.participant_joined__guest",
        "meeting.participant_left__guest",
        "meeting.participant_joined_waiting_room__plain",
    ],
)
def test_simulated_webhook_has_the_shape_of_the_sample(example: str) -> None:
    """Every key and type of Zoom's samples, and no other."""
    wanted = shape(orjson.loads((EXAMPLES / f"{example}.json").read_bytes()))
    name, _, _ = example.partition("__")
    simulate = simulate_webinar if name.startswith("webinar") else simulate_meeting
    sent = [event for event in events(simulate(50, 7, starts_at=STARTS_AT)) if event["event"] == name]
    assert wanted in [shape(body) for body in sent]


def test_worlds_that_meet_agree_on_the_id_of_a_user() -> None:
    """Zoom has one user per address: in an account with many sessions each session's host is still known."""
    worlds = [webinar(attendees=2, seed=seed) for seed in range(100)]
    addresses = [user["email"] for world in worlds for user in world.zoom.users]
    assert len(set(addresses)) < len(addresses), "no two worlds have met"
    known = reduce(ZoomState.merged, (world.zoom for world in worlds))
    assert {world.event.host_id for world in worlds} <= {user["id"] for user in known.users}
