"""`tracking.Pipeline` whose own messages and answers wait until somebody hands them over: late, twice, crosswise."""

from __future__ import annotations

from collections import deque
from random import Random

from typing_extensions import override

from processors.attendance.agent import SPEC as TRACK
from processors.engine.view import Output
from sandbox.zoom.state import ZoomState
from schemas.lookups import LOOKUP, LookupRequest
from schemas.topics import LOOKUP_RESULTS, LOOKUPS, LOOKUPS_BULK, TICKS
from tests.support.tracking import Pipeline, configuration

Sent = tuple[str, bytes]
"""(topic, value)."""


class Scattered(Pipeline):
    """Pages of one answer keep their order, as on their topic; nothing else does.

    Args:
        zoom: answers look-ups when they are handed over.
        sessions: the section of the configuration.
        step: see `Pipeline`.
    """

    def __init__(self, zoom: ZoomState, sessions: dict[str, object], step: int | None) -> None:
        super().__init__(configuration(sessions=sessions), zoom, step=step)
        self.under_way: list[deque[Sent]] = []
        self.handed_over: list[Sent] = []

    def hand_over(self, random: Random) -> None:
        """The next record of one of those under way reaches the rule."""
        number = random.randrange(len(self.under_way))
        queue = self.under_way[number]
        topic, value = queue.popleft()
        if not queue:
            del self.under_way[number]
        if topic == LOOKUPS.name:
            request = LOOKUP.validate_json(value)
            assert isinstance(request, LookupRequest)
            self.under_way.append(deque((LOOKUP_RESULTS.name, page) for page in self._answers(request)))
            return
        self.handed_over.append((topic, value))
        self._run(self._track, topic, [value], TRACK.tables)

    def hand_over_again(self, random: Random) -> None:
        """A record that was there before, as after a crash."""
        topic, value = random.choice(self.handed_over)
        self.repeat(topic, [value])

    def come_to_rest(self, random: Random) -> None:
        """Everything arrives that is under way, and what is due because of it is done."""
        while self.under_way:
            while self.under_way:
                self.hand_over(random)
            self.settle(hours=0)

    @override
    def _deliver(self, output: Output) -> None:
        if output.topic not in (TICKS.name, LOOKUPS.name, LOOKUPS_BULK.name):
            super()._deliver(output)
            return
        self.sent.setdefault(output.topic, []).append(output)
        topic = TICKS.name if output.topic == TICKS.name else LOOKUPS.name
        self.under_way.append(deque([(topic, output.value or b"")]))
