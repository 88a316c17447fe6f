"""Messages that Kafka deleted before anybody read them: a worker was away for longer than it keeps them."""

from __future__ import annotations

from typing import Literal

import pytest
from typing_extensions import override

from processors.engine.view import Output
from sandbox.zoom.state import ZoomState
from schemas.ticks import Tick
from schemas.topics import LOOKUPS, TICKS
from tests.support.told import Told
from tests.support.tracking import Pipeline, configuration

Kind = Literal["continuation", "question"]


class Forgetful(Pipeline):
    """Loses one of its messages of a kind; `of_kind` counts them all."""

    def __init__(self, zoom: ZoomState, kind: Kind, lost: int) -> None:
        super().__init__(configuration("a"), zoom.model_copy(update={"account_id": "a"}), step=1)
        self.of_kind = 0
        self._kind = kind
        self._lost = lost

    @override
    def _deliver(self, output: Output) -> None:
        if _kind(output) == self._kind:
            self.of_kind += 1
            if self.of_kind == self._lost:
                return
        super()._deliver(output)


def _kind(output: Output) -> Kind | None:
    if output.topic == LOOKUPS.name:
        return "question"
    is_tick = output.topic == TICKS.name
    return "continuation" if is_tick and Tick.from_bytes(output.value or b"").kind == "continue" else None


def played(told: Told, kind: Kind, lost: int) -> Forgetful:
    """All deliveries, and twenty days."""
    pipeline = Forgetful(told.zoom(), kind, lost)
    pipeline.feed(told.bodies)
    pipeline.settle(24 * 20)
    return pipeline


@pytest.fixture
def told() -> Told:
    """One came, one did not."""
    told = Told()
    told.registers("r1", "ana@example.com")
    told.registers("r2", "bo@example.com")
    told.run("u1", 0, 60)
    told.stay("u1", "", 0, 60, registrant_id="r1")
    told.reports_row("u1", "ana@example.com", 0, 60, registrant_id="r1")
    return told


@pytest.mark.parametrize("kind", ["continuation", "question"])
def test_work_whose_message_is_lost_goes_on_all_the_same(told: Told, kind: Kind) -> None:
    """Whichever it is: results are published and become final, as if none had been lost."""
    whole = played(told, kind, lost=0)
    expected = {key: (result.attendance_status, True) for key, result in whole.results.items()}
    assert len(expected) == 2
    for lost in range(1, whole.of_kind + 1):
        results = played(told, kind, lost).results
        assert {key: (result.attendance_status, result.is_final) for key, result in results.items()} == expected, lost


def test_run_whose_end_was_asked_for_in_vain_is_asked_for_again() -> None:
    """No `ended` came: the past meeting is asked for, then the report; either question may be lost."""
    told = Told()
    told.registers("r1", "ana@example.com")
    told.run("u1", 0, None)
    told.stay("u1", "", 0, 60, registrant_id="r1")
    whole = played(told, "question", lost=0)
    assert len(whole.results) == 1
    assert {request.request_id.split("|")[2] for request in whole.asked} >= {"end", "end by report"}
    for lost in range(1, whole.of_kind + 1):
        assert played(told, "question", lost).results.keys() == whole.results.keys(), lost
