from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import orjson
import pytest

from sandbox.simulator import CHAOS, Chaos, World, simulate_meeting, simulate_webinar
from sandbox.truth import Rules, Truth, truth_of
from sandbox.truth.scores import Activity, DatedScore, SessionPart, contact_score, session_score, tier, why
from sandbox.zoom.state import ZoomState
from schemas.instants import format_instant

TEN = 1_787_133_600  # 2026-08-19T10:00:00Z
RULES = Rules()


def body(name: str, **content: object) -> bytes:
    """A webhook of the worked example's webinar, 10:00 to 11:00."""
    basics = {
        "id": "1", "uuid": "u==", "host_id": "h", "topic": "T", "type": 5, "start_time": format_instant(TEN),
    }  # fmt: skip
    payload = {"account_id": "a", "object": basics | content}
    return orjson.dumps({"event": f"webinar.{name}", "event_ts": TEN * 1_000, "payload": payload})


def stay(device: str, start: int, end: int, email: str = "maya@example.com") -> list[bytes]:
    """A join and a leave, in seconds after the start."""
    who = {"participant_uuid": device, "user_id": device, "email": email, "user_name": "Maya Okafor"}
    return [
        body("participant_joined", participant=who | {"join_time": format_instant(TEN + start)}),
        body("participant_left", participant=who | {"leave_time": format_instant(TEN + end)}),
    ]


def ended(after: int = 3_600) -> bytes:
    """The end of the webinar."""
    return body("ended", end_time=format_instant(TEN + after), practice_session=False)


def test_worked_example_of_two_devices_scores_82_and_left_early() -> None:
    """attendance.md 6: the union counts 55 minutes, not the sum of the rows nor the last row."""
    truth = truth_of([*stay("phone", 0, 1_800), *stay("laptop", 1_200, 3_300), ended()], ZoomState())
    contact = truth.contacts["maya@example.com"]
    assert (contact.status, contact.attended_seconds, contact.score, contact.tier) == ("left_early", 3_300, 82, "hot")
    assert contact.why == "55 of 60 min, on time, left before the end"
    assert contact.attributes["MEETING_DURATION"] == 55
    assert contact.lists == {16}
    (event,) = contact.events
    assert event.properties["minutes"] == 55


def test_score_of_82_is_warm_after_one_half_life() -> None:
    """attendance.md 7: 82 is hot on the day itself and 41, warm, 90 days later."""
    scored = [DatedScore(82, date(2026, 8, 19))]
    assert contact_score(scored, date(2026, 8, 19), RULES) == 82
    assert contact_score(scored, date(2026, 11, 17), RULES) == 41
    assert tier(scored, RULES) == "hot"
    assert tier(scored, RULES, date(2026, 11, 17)) == "warm"


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [(68, 2, "warm"), (68, 5, "hot"), (39, 1, "cold"), (39, 4, "warm"), (70, 0, "hot")],
)
def test_tier_needs_three_points_beyond_a_border_to_change(first: int, second: int, wanted: str) -> None:
    """A border that is not reached is crossed at 3 points above it."""
    day = date(2026, 8, 19)
    assert tier([DatedScore(first, day), DatedScore(second, day)], RULES) == wanted


@pytest.mark.parametrize(("late", "wanted"), [(120, 100), (121, 100), (660, 91), (1_199, 82), (1_200, 82)])
def test_punctuality_falls_from_two_to_twenty_minutes(late: int, wanted: int) -> None:
    """15 points up to 120 s, none from 1200 s, a straight line between."""
    assert session_score(SessionPart("attended", 3_600, 3_600, late), RULES) == wanted


@pytest.mark.parametrize(
    ("done", "wanted"),
    [
        (Activity(), 100),
        (Activity(polls=(0, 3)), 94),  # 85 of 90
        (Activity(polls=(2, 3)), 98),  # 88 1/3 of 90
        (Activity(polls=(3, 3), asked=False), 95),  # 90 of 95
        (Activity(polls=(3, 3), asked=True, messages=2), 97),  # 97 of 100
        (Activity(polls=(3, 3), asked=True, messages=9), 100),
        (Activity(messages=0), 94),
    ],
)
def test_interaction_counts_where_it_was_offered(done: Activity, wanted: int) -> None:
    """5 points for polls, 5 for a question, one for each of up to five messages; the others drop out."""
    assert session_score(SessionPart("attended", 3_600, 3_600, 0), RULES, done) == wanted


def test_why_rounds_minutes_half_up() -> None:
    """Minutes of lateness as of attendance."""
    assert why(SessionPart("attended", 3_450, 3_629, 150)) == "58 of 60 min, 3 min late, stayed to the end"
    assert why(SessionPart("no_show", 0, 3_600, 0)) == "registered, did not attend"


def truth_about(world: World) -> Truth:
    """The truth of a world with the default rules."""
    return truth_of([delivery.body for delivery in world.deliveries], world.zoom)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("simulate", [simulate_webinar, simulate_meeting])
def test_truth_is_the_same_when_deliveries_are_doubled_late_and_out_of_order(
    simulate: Callable[..., World], seed: int
) -> None:
    """It is a function of the set of facts."""
    calm = truth_about(simulate(40, seed, starts_at=TEN))
    chaos = frozenset({"dup", "reorder", "late"})
    assert truth_about(simulate(40, seed, chaos, starts_at=TEN)) == calm


@pytest.mark.parametrize("seed", range(6))
def test_truth_from_webhooks_equals_the_plan_when_nothing_is_lost(seed: int) -> None:
    """Webhooks and Zoom's own report lead to the same people, statuses and minutes."""
    world = simulate_webinar(40, seed, starts_at=TEN)
    bodies = [delivery.body for delivery in world.deliveries]
    assert truth_of(bodies, world.zoom, Rules(use_report=True)) == truth_about(world)


def test_report_repairs_what_the_webhooks_lost() -> None:
    """With the report, lost joins and leaves make no difference."""
    calm = simulate_webinar(40, 7, starts_at=TEN)
    lossy = simulate_webinar(40, 7, frozenset({"lost-left", "lost-joined"}), starts_at=TEN)
    bodies = [delivery.body for delivery in lossy.deliveries]
    assert truth_about(lossy) != truth_about(calm)
    repaired = truth_of(bodies, lossy.zoom, Rules(use_report=True)).contacts
    wanted = truth_about(calm).contacts
    # What was told before the report came stays told.
    assert {email: replace(contact, events=()) for email, contact in repaired.items()} == {
        email: replace(contact, events=()) for email, contact in wanted.items()
    }


@pytest.mark.parametrize("chaos", [frozenset(), CHAOS - {"lost-left", "lost-joined"}])
def test_contacts_are_exactly_the_attendees_asked_for(chaos: frozenset[Chaos]) -> None:
    """Staff, panelists, anonymous, pending and denied people are no contacts."""
    for seed in range(6):
        world = simulate_webinar(50, seed, chaos, starts_at=TEN)
        contacts = truth_about(world).contacts
        assert len(contacts) == 50
        staff = {person.email for person in world.people if person.role in ("host", "internal")}
        assert not staff & set(contacts)


def test_session_counts_people_left_out_and_anonymous_connections() -> None:
    """Everybody of a world is somewhere."""
    (session,) = truth_about(simulate_webinar(50, 7, frozenset({"restart"}), starts_at=TEN)).sessions
    assert session.anonymous > 0
    # The host, three panelists (one of them registered), one made a panelist on the way, four own people.
    assert session.excluded == 9


def test_restarted_session_is_one_session_without_the_gap() -> None:
    """Its length is the live time of both runs from the scheduled start on."""
    world = simulate_webinar(50, 7, frozenset({"restart"}), starts_at=TEN)
    (session,) = truth_about(world).sessions
    assert session.session_uuid == world.event.spans[0].uuid
    assert session.length_seconds == sum(span.ended_at - max(TEN, span.started_at) for span in world.event.spans)
