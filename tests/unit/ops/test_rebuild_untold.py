"""What the live state was amid goes over to a rebuilt one: everybody is told what they would have been told, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, get_args

import orjson
import pytest

from ops.rebuild.untold import Untold, untold_contacts, untold_facts
from processors.attendance.book import ATTENDANCE_TABLE as FACTS
from processors.engagement.agent import ENGAGEMENT_TABLE as CONTACTS
from processors.engine.memory_store import MemoryStore
from sandbox.simulator.simulation import simulate_webinar
from sandbox.simulator.world import World
from schemas.lookups import LookupKind
from tests.support.tracking import START_MS, Pipeline, configuration
from tests.support.worked_examples import Example, seconds

FLOOR = 1_000_000
STARTS_AT = START_MS // 1_000 - 4_200
ON: dict[str, Any] = {
    "sessions": {"report_checks": ["5m"]},
    "brevo": {"events": {"started": True, "ended": True, "registered": True}},
}
Told = Counter[tuple[str, ...]]


def _world() -> World:
    return simulate_webinar(20, 7, frozenset({"dup"}), starts_at=STARTS_AT)


def _bodies(world: World) -> list[bytes]:
    return [delivery.body for delivery in world.deliveries]


def _played(world: World, bodies: Sequence[bytes], refused: Collection[LookupKind] = (), **sections: Any) -> Pipeline:
    pipeline = Pipeline(configuration(**(ON | sections)), world.zoom)
    pipeline.refused = frozenset(refused)
    pipeline.feed(bodies)
    return pipeline


def _unasked(live: Pipeline) -> set[LookupKind]:
    """What the live state has not asked, so that a rebuild finds no answer to it."""
    return {*get_args(LookupKind)} - {request.lookup for request in live.asked}


def _told(*pipelines: Pipeline, people: Collection[str]) -> Told:
    """How often each event about them was called for."""
    events = (event for pipeline in pipelines for event in pipeline.events if event.email in people)
    return Counter((event.email, *event.once_keys) for event in events)


def _people(whole: Pipeline) -> set[str]:
    """Who has a result, and has cancelled nothing: of others less is to be told once all is known."""
    cancelled = {fact.email for fact in whole.registrations.values() if fact.registration_status == "cancelled"}
    return {result.email for result in whole.results.values()} - cancelled


def _found(pipeline: Pipeline) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {
        key: (result.attendance_status, result.evidence, result.intervals) for key, result in pipeline.results.items()
    }


def _handed_over(live: Pipeline, rebuilt: Pipeline, unread: Sequence[bytes], untold: Untold | None = None) -> Pipeline:
    """The workers on the rebuilt state, which read again what the live one had not read."""
    untold = untold or Untold()
    for body in unread:
        untold.add_event(orjson.loads(body))
    for _twice in range(2):  # the second time nothing is left to do
        for table, changed in (
            (FACTS, untold_facts(live.stores[FACTS].rows, rebuilt.stores[FACTS].rows, rebuilt.now_ms, untold)),
            (CONTACTS, untold_contacts(live.stores[CONTACTS].rows, rebuilt.stores[CONTACTS].rows, untold)),
        ):
            assert not (_twice and table == CONTACTS and changed)
            rows = {**rebuilt.stores[table].rows, **changed}
            rebuilt.stores[table] = MemoryStore({key: value for key, value in rows.items() if value is not None})
    workers = Pipeline(rebuilt.settings, rebuilt.zoom)
    workers.stores, workers.now_ms = rebuilt.stores, rebuilt.now_ms
    workers.waits_with(live)
    workers.restart(FLOOR)
    workers.feed(unread)
    workers.settle()
    return workers


@pytest.mark.parametrize(("tenths", "hours"), [*((tenths, 0.0) for tenths in range(11)), (10, 0.1), (10, 0.2)])
def test_what_came_while_the_workers_stood_is_told_once(tenths: int, hours: float) -> None:
    """Wherever they stopped: who was told by the live state is not told again, and nobody is forgotten."""
    world = _world()
    bodies = _bodies(world)
    read = bodies[: len(bodies) * tenths // 10]
    whole, live = _played(world, bodies), _played(world, read)
    live.settle(hours)
    rebuilt = _played(world, bodies, _unasked(live))
    for pipeline in (whole, rebuilt):
        pipeline.settle()
    workers = _handed_over(live, rebuilt, bodies[len(read) :])
    people = _people(whole)
    assert _told(live, workers, people=people) == _told(whole, people=people)
    assert _found(live) | _found(workers) == _found(whole)
    assert len(_told(whole, people=people)) > 40


def test_what_was_told_and_not_scored_is_told_once_more() -> None:
    """A worker was killed between its two agents: nobody reads the results of a state that is not live."""
    world = _world()
    bodies, untold = _bodies(world), Untold()
    live = _played(world, bodies)
    live.settle()
    for fact in live.facts:
        untold.add_fact(fact)
    told = _told(live, people=_people(live))
    live.stores[CONTACTS] = MemoryStore()
    rebuilt = _played(world, bodies)
    rebuilt.settle()
    assert _told(_handed_over(live, rebuilt, [], untold), people=_people(live)) == told


def test_start_that_waits_for_zoom_is_told_once_zoom_has_answered() -> None:
    """The rebuild gave the question up, and told its own topics alone; the answer is the workers'."""
    example = Example()
    for line in ("webinar 10:00 60 min", "registered ana", "registered bo by list", "run A 10:00-11:00"):
        example.read(line)
    example.read("ana in A 10:00-11:00 (registrant_id Rana)")
    bodies = [body for body in example.bodies if b"left" not in body and b"ended" not in body]
    live, rebuilt = (Pipeline(configuration(**ON), example.zoom()) for _state in range(2))
    live.held_back, rebuilt.refused = frozenset({"registrants"}), frozenset({"registrants"})
    for pipeline in (live, rebuilt):
        pipeline.now_ms = seconds("10:30") * 1_000
        pipeline.feed(bodies)
    assert not _started(live)
    assert _started(rebuilt) == Counter({"ana@example.com": 1})
    workers = _handed_over(live, rebuilt, [])
    assert not _started(workers)
    workers.let_through("registrants")
    workers.settle(hours=0.1)
    assert _started(workers) == Counter({"ana@example.com", "bo@example.com"})


def _started(pipeline: Pipeline) -> Counter[str]:
    return Counter(event.email for event in pipeline.events if event.name == "zoom_webinar_started")


def test_what_was_ended_is_told_to_nobody_by_other_rules() -> None:
    """Who has attended by another rule, in a session that was final, gets no event; a rule is no news."""
    world = _world()
    bodies = _bodies(world)
    live, rebuilt = (
        _played(world, bodies),
        _played(world, bodies, sessions={"report_checks": ["5m"], "attended_minimum": "1h"}),
    )
    for pipeline in (live, rebuilt):
        pipeline.settle()
    assert live.results != rebuilt.results
    assert _handed_over(live, rebuilt, []).events == []
