"""Registrations that come in a crowd."""

from __future__ import annotations

from random import Random

import pytest

from sandbox.zoom.state import ZoomState
from tests.support.tracking import Pipeline, configuration
from tests.support.worked_examples import Example, address, seconds

CROWD = [f"p{number:02}" for number in range(40)]


@pytest.mark.parametrize("random", [None, Random(1)], ids=["one each", "many in a turn"])
def test_registrations_that_come_at_one_instant_are_all_told(random: Random | None) -> None:
    """Each address is asked about, however many others are just then: all records of a turn have one time of receipt."""
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
