"""The truth about simulated worlds of every kind: what holds whatever the details are."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import orjson
import pytest

from sandbox.simulator import CHAOS, DELIVERY_CHAOS, Chaos, World, simulate_meeting, simulate_webinar
from sandbox.truth import Rules, Truth, truth_of

STARTS_AT = 1_787_155_200
SEEDS = range(3)
NEW: tuple[Chaos, ...] = tuple(sorted(CHAOS - DELIVERY_CHAOS))


def truth_about(world: World, *, use_report: bool = False, shuffle: int | None = None) -> Truth:
    """The truth of a world, with its deliveries in another order and some of them twice."""
    bodies = [delivery.body for delivery in world.deliveries]
    if shuffle is not None:
        random = Random(shuffle)
        bodies += random.sample(bodies, len(bodies) // 5)
        random.shuffle(bodies)
    return truth_of(bodies, world.zoom, Rules(use_report=use_report))


def webinar(seed: int, *chaos: Chaos) -> World:
    """One of these tests."""
    return simulate_webinar(40, seed, frozenset(chaos), starts_at=STARTS_AT)


def statuses(truth: Truth) -> dict[str, str]:
    """Of all contacts."""
    return {email: contact.status for email, contact in truth.contacts.items()}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize("use_report", [False, True])
def test_truth_is_a_function_of_the_set_of_facts(kind: Chaos, seed: int, *, use_report: bool) -> None:
    """Any order, any repeats."""
    world = webinar(seed, kind)
    assert truth_about(world, use_report=use_report, shuffle=seed) == truth_about(world, use_report=use_report)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("use_report", [False, True])
@pytest.mark.parametrize("simulate", [simulate_webinar, simulate_meeting])
def test_seconds_of_nobody_exceed_the_live_time_and_whoever_joined_did_not_stay_away(
    simulate: Callable[..., World], seed: int, *, use_report: bool
) -> None:
    """With all kinds at once."""
    world = simulate(40, seed, CHAOS, starts_at=STARTS_AT)
    for session in truth_about(world, use_report=use_report).sessions:
        for email, attendance in session.people.items():
            assert 0 <= attendance.presence.attended_seconds <= session.length_seconds
            assert attendance.presence.status != "no_show" or email not in session.present


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["rehearsal", "reopen"])
def test_runs_of_staff_alone_change_nothing_for_anybody(kind: Chaos, seed: int) -> None:
    """Contacts are what they would be without a word about those runs."""
    world = webinar(seed, kind)
    staff = {span.uuid for span in world.event.spans if span.purpose != "main"}
    bodies = [delivery.body for delivery in world.deliveries]
    silent = [body for body in bodies if orjson.loads(body)["payload"]["object"]["uuid"] not in staff]
    assert len(silent) < len(bodies)
    assert truth_about(world).contacts == truth_of(silent, world.zoom).contacts
    assert truth_about(world).sessions[0].rehearsals == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_stray_run_moves_no_end_and_makes_no_no_show_of_whom_it_saw(seed: int) -> None:
    """Who was only there has no result."""
    world = webinar(seed, "stray-run")
    (session,) = truth_about(world).sessions
    assert len(session.main) == 1
    assert session.ended_at == next(span.ended_at for span in world.event.spans if span.purpose == "main")
    assert session.outside >= 2


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["report-missing", "report-anonymous"])
def test_incomplete_report_takes_nobodys_presence_away(kind: Chaos, seed: int) -> None:
    """What webhooks proved stands; nothing was lost here, so nothing is to be corrected."""
    world = webinar(seed, kind)
    live, final = truth_about(world), truth_about(world, use_report=True)
    assert {email: contact.attributes for email, contact in final.contacts.items()} == {
        email: contact.attributes for email, contact in live.contacts.items()
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_telephone_counts_for_whom_it_belongs_to(seed: int) -> None:
    """The same people were there for the same time as without telephones."""
    calm, phones = truth_about(webinar(seed)), truth_about(webinar(seed, "phone-legs"))
    assert {email: contact.attributes for email, contact in phones.contacts.items()} == {
        email: contact.attributes for email, contact in calm.contacts.items()
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_moved_webinar_is_judged_as_if_it_had_always_been_there(seed: int) -> None:
    """Its registrants are its own."""
    assert statuses(truth_about(webinar(seed, "moved-occurrence"))) == statuses(truth_about(webinar(seed)))


@pytest.mark.parametrize("seed", SEEDS)
def test_series_judges_each_occurrence_by_its_own_registrations(seed: int) -> None:
    """Nobody stays away from what they had not registered for, and nobody from what is to come."""
    world = webinar(seed, "recurring")
    first, last = truth_about(world).sessions
    named = {
        person.email: {
            occurrence for enrolment in person.enrolments for occurrence in enrolment.occurrence_ids or ("all",)
        }
        for person in world.people
        if person.email
    }
    for session in (first, last):
        away = {email for email, person in session.people.items() if person.presence.status == "no_show"}
        assert away
        assert all(named[email] & {"all", str(session.occurrence_id)} for email in away)
