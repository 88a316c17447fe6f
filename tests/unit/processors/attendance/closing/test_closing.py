"""The rule of `track-attendance` on tables in memory, against the simulator's truth."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest

from sandbox.simulator.simulation import simulate_meeting, simulate_webinar
from sandbox.simulator.world import Chaos, World
from sandbox.truth.contacts import Truth, truth_of
from sandbox.truth.rules import Rules
from schemas.attendance import Result
from schemas.lookups import LookupKind
from schemas.ticks import Tick
from schemas.topics import TICKS
from tests.support.scattered import Scattered
from tests.support.tracking import Pipeline, configuration
from tests.support.worked_examples import Example, seconds

STARTS_AT = 1_786_543_200


CHECKED = {"report_checks": ["5m", "15m", "60m", "4h"]}
UNCHECKED: dict[str, list[str]] = {"report_checks": []}


def played(
    world: World,
    *,
    shuffle: int | None = None,
    restart_every: int | None = None,
    sessions: Mapping[str, object] = UNCHECKED,
) -> Pipeline:
    """All deliveries of a world, in their order or shuffled, then everything that is due."""
    random = None if shuffle is None else Random(shuffle)
    bodies = [delivery.body for delivery in world.deliveries]
    if random:
        random.shuffle(bodies)
        bodies += random.sample(bodies, len(bodies) // 5)
    pipeline = Pipeline(configuration(sessions=sessions), world.zoom, random)
    step = restart_every or len(bodies)
    for start in range(0, len(bodies), step):
        pipeline.feed(bodies[start : start + step])
        pipeline.restart()
    pipeline.settle()
    return pipeline


def assert_true(pipeline: Pipeline, truth: Truth) -> None:
    """Contacts, statuses, times, attributes and lists are those of the truth."""
    upserts = pipeline.upserts
    assert set(upserts) == set(truth.contacts)
    for email, contact in truth.contacts.items():
        upsert = upserts[email]
        assert {name: attribute.value for name, attribute in upsert.attributes.items()} == contact.attributes, email
        assert frozenset(upsert.lists) == contact.lists, email
    people = {(o.session_uuid, email): person.presence for o in truth.sessions for email, person in o.people.items()}
    results = {(result.session_uuid, result.email): result for result in pipeline.results.values()}
    assert {
        key: (result.attendance_status, result.attended_seconds, result.late_seconds or 0)
        for key, result in results.items()
    } == {key: (person.status, person.attended_seconds, person.late_seconds) for key, person in people.items()}
    for occurrence in truth.sessions:
        summary = pipeline.summaries[occurrence.session_uuid]
        assert summary.length_seconds == occurrence.length_seconds
        assert tuple(run.run_uuid for run in summary.runs) == summary.instances
        assert max(run.ended_at for run in summary.runs if run.is_main) == summary.ended_at
        assert (summary.counts.anonymous, summary.counts.excluded) == (occurrence.anonymous, occurrence.excluded)


def assert_events_true(pipeline: Pipeline, truth: Truth) -> None:
    """Each event once, at its time and with its properties."""
    sent = [(event.email, event.name, int(event.event_date.timestamp()), event.properties) for event in pipeline.events]
    wanted = [
        (contact.email, event.name, event.at, event.properties)
        for contact in truth.contacts.values()
        for event in contact.events
    ]
    optional = [event.may_be_missing for contact in truth.contacts.values() for event in contact.events]
    missing = [event for event, may_miss in zip(wanted, optional, strict=True) if event not in sent and not may_miss]
    assert not missing
    assert all(event in wanted for event in sent)
    assert len(sent) == len({(email, name, at) for email, name, at, _properties in sent})


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("chaos", [(), ("dup", "reorder"), ("lost-left", "late"), ("restart", "multi-device")], ids=str)
def test_webinar_played_in_order_equals_the_truth(seed: int, chaos: tuple[Chaos, ...]) -> None:
    """Every contact shows what an independent computation from the same facts says."""
    world = simulate_webinar(40, seed, frozenset(chaos), starts_at=STARTS_AT)
    truth = truth_of([delivery.body for delivery in world.deliveries], world.zoom)
    pipeline = played(world)
    assert_true(pipeline, truth)
    assert_events_true(pipeline, truth)


@pytest.mark.parametrize("seed", range(2))
def test_meeting_played_in_order_equals_the_truth(seed: int) -> None:
    """Meetings have waiting rooms and no no-shows."""
    world = simulate_meeting(30, seed, frozenset({"dup", "restart"}), starts_at=STARTS_AT)
    assert_true(played(world), truth_of([delivery.body for delivery in world.deliveries], world.zoom))


@pytest.mark.parametrize("seed", range(3))
def test_deliveries_shuffled_doubled_and_interrupted_end_in_the_same_results(seed: int) -> None:
    """Any order, any repeats and restarts at any point: the same records but for their revision."""
    world = simulate_webinar(40, seed, frozenset({"restart", "multi-device"}), starts_at=STARTS_AT)
    in_order = played(world)
    for shuffle in range(2):
        disturbed = played(world, shuffle=shuffle, restart_every=17)
        same = {key: result.model_copy(update={"revision": 0}) for key, result in disturbed.results.items()}
        assert same == {key: result.model_copy(update={"revision": 0}) for key, result in in_order.results.items()}
        assert_true(disturbed, truth_of([delivery.body for delivery in world.deliveries], world.zoom))


@pytest.mark.parametrize(("people", "continuations"), [(1, 1), (40, 1), (400, 6)])
def test_closing_goes_on_in_one_turn_until_its_budget_is_spent(people: int, continuations: int) -> None:
    """A message to itself for each 200 people or rows here, and not one for each phase, however few came."""
    stays = [f"p{number} in A 10:00-11:00" for number in range(people)]
    example = Example()
    for line in ("meeting", "run A 10:00-11:00", *stays):
        example.read(line)
    pipeline = Pipeline(configuration(sessions=UNCHECKED), example.zoom(), step=200)
    pipeline.now_ms = seconds("11:00:02") * 1_000
    pipeline.feed(example.bodies)
    pipeline.sent.clear()  # Zoom's answer to the first fact made it look at registrations
    pipeline.settle(hours=1)
    ticks = [Tick.from_bytes(output.value or b"") for output in pipeline.sent[TICKS.name]]
    assert len(pipeline.results) == people
    assert [tick.kind for tick in ticks] == ["continue"] * continuations


@pytest.mark.parametrize("step", [4, 9])
def test_closing_in_small_steps_ends_in_the_same_records(step: int) -> None:
    """What a step leaves for the next one is in the rows: nothing is counted twice, or forgotten."""
    world = simulate_webinar(20, 2, frozenset({"restart", "multi-device", "lost-left"}), starts_at=STARTS_AT)
    bodies = [delivery.body for delivery in world.deliveries]
    at_once, in_steps = (Pipeline(configuration(sessions=CHECKED), world.zoom, step=rows) for rows in (None, step))
    for pipeline in (at_once, in_steps):
        pipeline.feed(bodies)
        pipeline.settle()
    assert list(in_steps.results.values()) == list(at_once.results.values())
    assert in_steps.summaries == at_once.summaries
    assert all(summary.is_final and summary.counts.attended for summary in in_steps.summaries.values())


@pytest.mark.parametrize("seed", range(3))
def test_report_corrects_what_webhooks_lost(seed: int) -> None:
    """With joins and leaves lost, everybody equals the truth once the report has settled."""
    chaos: frozenset[Chaos] = frozenset({"lost-joined", "lost-left", "late", "dup", "restart"})
    world = simulate_webinar(40, seed, chaos, starts_at=STARTS_AT)
    bodies = [delivery.body for delivery in world.deliveries]
    for shuffle in (None, 1):
        pipeline = played(world, sessions=CHECKED, shuffle=shuffle, restart_every=29)
        assert_true(pipeline, truth_of(bodies, world.zoom, Rules(use_report=True)))
        assert all(result.is_final and result.evidence in ("report", "both") for result in pipeline.results.values())


@pytest.mark.parametrize("seed", range(2))
def test_before_the_report_nobody_is_told_that_they_stayed_away(seed: int) -> None:
    """No-shows are published only when the result is final; the live result equals the truth of the webhooks."""
    world = simulate_webinar(40, seed, frozenset({"lost-left"}), starts_at=STARTS_AT)
    pipeline = Pipeline(configuration(sessions=CHECKED), world.zoom)
    pipeline.now_ms = (STARTS_AT + 3_700) * 1000
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle(hours=0.05)
    live = {result.email: result for result in pipeline.results.values()}
    assert live
    assert not any(result.is_final or result.attendance_status == "no_show" for result in live.values())
    truth = truth_of([delivery.body for delivery in world.deliveries], world.zoom)
    came = {
        email: person.presence.attended_seconds
        for occurrence in truth.sessions
        for email, person in occurrence.people.items()
        if person.presence.status != "no_show"
    }
    assert {email: result.attended_seconds for email, result in live.items()} == came


def test_everything_is_forgotten_after_its_time() -> None:
    """Nothing of a session is left once `sessions.retain` has passed, and nothing is retracted by that."""
    world = simulate_webinar(30, 3, frozenset({"restart"}), starts_at=STARTS_AT)
    pipeline = played(world, sessions={"report_checks": ["5m", "15m"], "retain": "30d"})
    before = pipeline.results
    assert before
    pipeline.settle(hours=24 * 32)
    assert pipeline.rows() == []
    assert pipeline.results == before


def test_session_without_ended_is_closed_by_asking_zoom() -> None:
    """Zoom knows when a session of which no `ended` came was over; an `ended` that comes later replaces that."""
    world = simulate_webinar(30, 5, starts_at=STARTS_AT)
    bodies = [delivery.body for delivery in world.deliveries]
    without = [body for body in bodies if b'"webinar.ended"' not in body]
    pipeline = Pipeline(configuration(sessions=UNCHECKED), world.zoom)
    pipeline.feed(without)
    pipeline.settle(hours=23)
    assert not pipeline.results
    pipeline.settle(hours=3)
    assert_true(pipeline, truth_of(bodies, world.zoom))
    pipeline.feed(bodies)
    pipeline.settle()
    assert_true(pipeline, truth_of(bodies, world.zoom))


def test_backfill_of_an_old_session_is_read_from_its_report_at_once() -> None:
    """Its questions go behind live work, its results say where they come from, and so do its events."""
    world = simulate_webinar(30, 4, frozenset({"restart"}), starts_at=STARTS_AT)
    names = (b'"webinar.started"', b'"webinar.ended"')
    known = [delivery.body for delivery in world.deliveries if any(name in delivery.body for name in names)]
    pipeline = Pipeline(configuration(sessions=CHECKED), world.zoom)
    pipeline.feed(known, origin=b"backfill")
    pipeline.settle(hours=0.05)
    truth = truth_of(known, world.zoom, Rules(use_report=True))
    people = {(o.session_uuid, email): person.presence for o in truth.sessions for email, person in o.people.items()}
    results = {(result.session_uuid, result.email): result for result in pipeline.results.values()}
    assert {key: (result.attendance_status, result.attended_seconds) for key, result in results.items()} == {
        key: (person.status, person.attended_seconds) for key, person in people.items()
    }
    assert {result.origin for result in results.values()} == {"backfill"}
    assert pipeline.asked_live == 0
    assert {event.origin for event in pipeline.events} == {"backfill"}
    told = sum(len(outputs) for outputs in pipeline.sent.values())
    pipeline.feed(known, origin=b"backfill")
    pipeline.settle()
    assert sum(len(outputs) for outputs in pipeline.sent.values()) == told


@pytest.mark.parametrize("records", range(12))
def test_run_that_joins_a_session_while_its_work_waits_its_turn_has_its_own_settle(records: int) -> None:
    """The link is opened again while registrations are told anew: its late deliveries have their time, too."""
    example = Example()
    registered = [f"registered {name}" for name in "abcd"]
    for line in ("webinar 10:00 60 min", *registered, "run A 10:00-11:00", "a in A 10:00-10:40"):
        example.read(line)
    of_first = len(example.bodies)
    for line in ("run B 11:20-11:21", "a in B 11:20-11:21"):
        example.read(line)
    pipeline, random = Scattered(example.zoom(), {"settle": "120s", **UNCHECKED}, step=1), Random(1)
    pipeline.now_ms = seconds("11:30") * 1_000
    pipeline.feed(example.bodies[:of_first])
    pipeline.now_ms += 180_000  # no worker runs meanwhile
    for _ in range(records):
        pipeline.hand_over(random)
    assert not pipeline.results
    pipeline.feed(example.bodies[of_first:])
    pipeline.come_to_rest(random)
    assert not pipeline.results
    pipeline.settle(hours=120 / 3_600)
    pipeline.come_to_rest(random)
    assert {result.given for result in pipeline.results.values()} == {("A", "B")}


@pytest.mark.parametrize("held", ["session", "registrants", "panelists", "identities"])
def test_report_that_settles_while_an_answer_is_awaited_is_final_and_complete(held: LookupKind) -> None:
    """Whatever the closing waits for: own people in the report are found out, and Zoom's figures are asked for."""
    world = simulate_webinar(30, 4, starts_at=STARTS_AT)
    names = (b'"webinar.started"', b'"webinar.ended"')
    known = [delivery.body for delivery in world.deliveries if any(name in delivery.body for name in names)]
    pipeline = Pipeline(configuration(sessions=CHECKED), world.zoom)
    pipeline.held_back = frozenset({held, "report"})
    pipeline.feed(known)
    pipeline.settle(hours=0.05)
    pipeline.let_through("report")
    pipeline.let_through(held)
    pipeline.settle()
    truth = truth_of(known, world.zoom, Rules(use_report=True))
    assert_true(pipeline, truth)
    figures = [summary.reconciliation for summary in pipeline.summaries.values()]
    assert figures
    assert all(figure is not None and figure.zoom_absentees is not None for figure in figures)
    people = {email for occurrence in truth.sessions for email in occurrence.people}
    assert {fact.email for fact in pipeline.facts if isinstance(fact, Result)} == people, (
        "somebody was told of in between"
    )
