"""What is told after a switch counts as newer than all that was told before it."""

from __future__ import annotations

from sandbox.simulator.simulation import simulate_webinar
from schemas.attendance import Registration, Result
from schemas.engagement import ContactScore
from schemas.topics import ENGAGEMENT_SCORES
from tests.support.tracking import Pipeline, configuration

FLOOR, FEW = 1_000_000, 12


def test_revisions_are_above_the_floor_and_go_on_from_where_they_were() -> None:
    """Results, registrations, scores and commands; what is not told again keeps its own."""
    world = simulate_webinar(20, 3, frozenset({"dup"}), starts_at=1_786_543_200, duration_minutes=60)
    bodies = [delivery.body for delivery in world.deliveries]
    pipeline = Pipeline(configuration(sessions={"report_checks": ["5m", "15m"]}), world.zoom)
    pipeline.feed(bodies[:FEW])
    told = len(pipeline.facts)
    scores = len(pipeline.sent.get(ENGAGEMENT_SCORES.name, []))
    assert told
    pipeline.restart(FLOOR)
    pipeline.feed(bodies[FEW:])
    pipeline.settle()
    after = [fact for fact in pipeline.facts[told:] if isinstance(fact, Registration | Result)]
    assert {type(fact) for fact in after} == {Registration, Result}
    assert min(fact.revision for fact in after) == FLOOR + 1
    assert max(fact.revision for fact in pipeline.facts[:told] if isinstance(fact, Registration | Result)) < FLOOR
    sent = pipeline.sent[ENGAGEMENT_SCORES.name][scores:]
    assert all(ContactScore.from_bytes(output.value or b"").revision > FLOOR for output in sent)
    newest = [upsert.revision for upsert in pipeline.upserts.values()]
    assert max(newest) > FLOOR
