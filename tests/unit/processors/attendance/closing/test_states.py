"""A session is told of from its first fact on: running, ended, live, final; what turns out to be none is taken back."""

from __future__ import annotations

from itertools import groupby

import pytest

from sandbox.simulator.simulation import simulate_webinar
from tests.support.told import Told
from tests.support.tracking import Pipeline, configuration

STARTS_AT = 1_786_543_200
CHECKED = {"report_checks": ["5m", "15m"]}


def played() -> Pipeline:
    """A webinar of two runs, with Zoom's report read twice."""
    world = simulate_webinar(12, 3, frozenset({"restart"}), starts_at=STARTS_AT)
    pipeline = Pipeline(configuration(sessions=CHECKED), world.zoom, None)
    pipeline.now_ms = (STARTS_AT + 3_700) * 1000
    pipeline.feed([delivery.body for delivery in world.deliveries])
    pipeline.settle()
    return pipeline


def test_session_is_told_of_from_its_first_fact_to_the_final_result() -> None:
    """Each state once behind the other; what is not final says what it waits for and until when."""
    pipeline = played()
    ((uuid, last),) = pipeline.told_sessions.items()
    told = pipeline.session_states[uuid]
    assert [state for state, _ in groupby(summary.state for summary in told)] == ["running", "ended", "live", "final"]
    assert (last.waits_for, last.next_check_at) == ("", None)
    running, ended = told[0], next(state for state in told if state.state == "ended")
    assert (running.waits_for, running.next_check_at, running.counts.attended) == ("its end", None, 0)
    assert ended.waits_for == "late deliveries"
    assert ended.next_check_at is not None
    live = [state for state in told if state.state == "live"]
    assert all("Zoom's report" in state.waits_for and state.next_check_at is not None for state in live)
    checks = [state.next_check_at for state in live]
    assert checks == sorted(checks, key=str)
    assert len(set(checks)) == 2, "the second reading is told once the first has not settled"


def test_run_that_is_part_of_another_session_is_taken_back() -> None:
    """The second run of a date was told of as it began; in the end there is one session of both."""
    pipeline = played()
    ((uuid, last),) = pipeline.told_sessions.items()
    others = {session: told[-1] for session, told in pipeline.session_states.items() if session != uuid}
    assert set(last.instances) == {uuid, *others}
    assert others
    assert all(summary.retracted and summary.is_final for summary in others.values())


@pytest.mark.parametrize("held", [False, True])
def test_practice_session_is_taken_back(held: bool) -> None:
    """While it ran nobody could know that it is one; whether or not the webinar was held after it."""
    told = Told()
    told.run("practice", -30, -10, practice=True)
    if held:
        told.run("held", 0, 60)
        told.stay("held", "ana@example.com", 0, 60)
    pipeline = Pipeline(configuration("a"), told.zoom().model_copy(update={"account_id": "a"}))
    pipeline.feed(told.bodies)
    pipeline.settle(48)
    assert [summary.state for summary in pipeline.session_states["practice"]] == ["running", "ended", "final"]
    assert list(pipeline.told_sessions) == ["held"] * held
