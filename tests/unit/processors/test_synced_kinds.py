"""`connectors.zoom.sync` through both agents that read it, of an account that is switched off, too."""

from __future__ import annotations

import pytest

from runtime.models import Configuration
from sandbox.simulator.simulation import simulate_webinar
from sandbox.zoom.state import ZoomState
from tests.support.tracking import Pipeline, configuration

WORLD = simulate_webinar(3, 7, frozenset(), starts_at=1_786_543_200)
BODIES = [delivery.body for delivery in WORLD.deliveries]


def configured(*, enabled: bool, webinars: bool) -> Configuration:
    """One account; the file still says what is synced of it when it is switched off."""
    account = {"account_id": ZoomState().account_id, "enabled": enabled, "sync": {"webinars": webinars}}
    return configuration(connectors={"zoom": account}, sessions={"report_checks": []})


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("webinars", [True, False])
def test_sync_of_an_account_counts_for_both_agents_whether_or_not_it_is_switched_on(
    enabled: bool, webinars: bool
) -> None:
    """What was heard before it was switched off still counts: by the same switch for whoever looks at it."""
    pipeline = Pipeline(configured(enabled=enabled, webinars=webinars), WORLD.zoom)
    pipeline.feed(BODIES)
    pipeline.settle()
    assert bool(pipeline.facts) is webinars
    assert bool(pipeline.upserts) is webinars
