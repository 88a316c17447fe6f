"""What the raw topic no longer holds is taken over as facts, and the same follows from them."""

from __future__ import annotations

from typing import Any

import pytest

from ops.rebuild.carried import carried_contacts, carried_facts
from processors.attendance.book import ATTENDANCE_TABLE as FACTS
from processors.engagement.agent import ENGAGEMENT_TABLE as CONTACTS
from processors.engagement.row_bytes import decode_rows, head_key
from processors.engine.memory_store import MemoryStore
from sandbox.simulator.simulation import simulate_webinar
from sandbox.simulator.world import World
from tests.support.tracking import START_MS, Pipeline, configuration

STARTS_AT = 1_786_543_200
EVERYTHING_IS_OLDER = START_MS + 1


def _world() -> World:
    return simulate_webinar(25, 3, frozenset({"dup", "lost-left"}), starts_at=STARTS_AT, duration_minutes=60)


def _played(world: World, **sections: Any) -> Pipeline:
    pipeline = Pipeline(configuration(sessions={"report_checks": ["5m", "15m"], **sections}), world.zoom)
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle()
    return pipeline


def _told(pipeline: Pipeline) -> dict[Any, Any]:
    besides = {"revision", "judged_at", "origin"}
    results = {key: result.model_dump(exclude=besides) for key, result in pipeline.results.items()}
    return results | {
        key: registration.model_dump(exclude=besides) for key, registration in pipeline.registrations.items()
    }


def _from_carried(live: Pipeline, world: World, **sections: Any) -> Pipeline:
    carried = carried_facts(live.stores[FACTS].rows, EVERYTHING_IS_OLDER, START_MS)
    assert carried.objects == 1
    rebuilt = Pipeline(configuration(sessions={"report_checks": ["5m", "15m"], **sections}), world.zoom)
    rebuilt.stores[FACTS] = MemoryStore(carried.rows)
    rebuilt.settle()
    return rebuilt


def test_carried_facts_lead_to_the_same_results_without_a_question_more() -> None:
    """Nothing of the webinar comes from the raw topic."""
    world = _world()
    live = _played(world)
    rebuilt = _from_carried(live, world)
    assert _told(rebuilt) == _told(live)
    assert rebuilt.asked == []


def test_carried_facts_are_judged_by_other_rules() -> None:
    """The conclusions are not carried."""
    world = _world()
    live, rule = _played(world), {"attended_minimum": "45m"}
    rebuilt = _from_carried(live, world, **rule)
    assert _told(rebuilt) == _told(_played(world, **rule))
    assert _told(rebuilt) != _told(live)


def test_facts_that_the_raw_topic_has_are_not_carried() -> None:
    """They are known, so that nothing of them is taken over as a result either."""
    world = _world()
    live = _played(world)
    carried = carried_facts(live.stores[FACTS].rows, STARTS_AT * 1000 - 90 * 86_400_000, START_MS)
    assert (carried.objects, carried.rows) == (0, {})
    kept = carried_contacts(live.stores[CONTACTS].rows, carried.known, EVERYTHING_IS_OLDER)
    assert (kept.contacts, kept.facts) == ([], 0)


@pytest.mark.parametrize(("horizon_ms", "carries"), [(EVERYTHING_IS_OLDER, True), (STARTS_AT * 1000 - 1, False)])
def test_results_of_forgotten_sessions_are_carried_if_they_are_older_than_the_raw_topic(
    horizon_ms: int, carries: bool
) -> None:
    """With their contacts, who are computed anew: no digest of what was sent keeps that back."""
    live = _played(_world())
    rows = live.stores[CONTACTS].rows
    kept = carried_contacts(rows, frozenset(), horizon_ms)
    sessions = {key for key in rows if b"|s|" in key}
    assert (sessions <= {*kept.rows}) is carries
    if carries:
        contact = kept.contacts[0]
        head = decode_rows(contact, [(head_key(contact), kept.rows[head_key(contact)])]).head
        assert (head.revision, head.score_digest, bool(head.upsert_digest)) == (0, "", True)
