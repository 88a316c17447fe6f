"""A continuation that Kafka deleted before anybody read it: a worker was away for longer than a day."""

from __future__ import annotations

from typing_extensions import override

from processors.engine.view import Output
from sandbox.zoom.state import ZoomState
from schemas.ticks import Tick
from schemas.topics import TICKS
from tests.support.told import Told
from tests.support.tracking import Pipeline, configuration


class Forgetful(Pipeline):
    """Loses one of its messages to itself; `sent_on` counts them all."""

    def __init__(self, zoom: ZoomState, lost: int) -> None:
        super().__init__(configuration("a"), zoom.model_copy(update={"account_id": "a"}), step=1)
        self.sent_on = 0
        self._lost = lost

    @override
    def _deliver(self, output: Output) -> None:
        if output.topic == TICKS.name and Tick.from_bytes(output.value or b"").kind == "continue":
            self.sent_on += 1
            if self.sent_on == self._lost:
                return
        super()._deliver(output)


def played(told: Told, lost: int) -> Forgetful:
    """All deliveries, and two days."""
    pipeline = Forgetful(told.zoom(), lost)
    pipeline.feed(told.bodies)
    pipeline.settle(48)
    return pipeline


def test_work_whose_continuation_is_lost_goes_on_all_the_same() -> None:
    """Whichever it is: results are published and become final, as if none had been lost."""
    told = Told()
    told.registers("r1", "ana@example.com")
    told.registers("r2", "bo@example.com")
    told.run("u1", 0, 60)
    told.stay("u1", "", 0, 60, registrant_id="r1")
    told.reports_row("u1", "ana@example.com", 0, 60, registrant_id="r1")
    whole = played(told, lost=0)
    expected = {key: (result.attendance_status, True) for key, result in whole.results.items()}
    assert len(expected) == 2
    for lost in range(1, whole.sent_on + 1):
        results = played(told, lost).results
        assert {key: (result.attendance_status, result.is_final) for key, result in results.items()} == expected, lost
