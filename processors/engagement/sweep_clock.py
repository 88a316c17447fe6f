"""When the decay sweep is due: once a day, and once for all the days that nobody worked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from typing_extensions import override

from processors.engagement.sweep import SWEEP_KEY, decode_sweep, latest_due_day
from processors.engine.due_clock import DueClock, DueTimes
from processors.engine.effect import RowChanges
from processors.engine.view import Output, PartitionStore, Rule
from schemas.instants import SECONDS_PER_DAY, utc_date
from schemas.ticks import SweepTick
from schemas.topics import ENGAGEMENT_TICKS


@dataclass(frozen=True, slots=True)
class SweepDueTimes(DueTimes):
    """What is due follows from the row of a partition's latest sweep and from the time of day (`second`, UTC).

    A sweep under way goes on by its own messages, so the next one is due on another day.
    """

    table: str
    second: int

    @override
    def due(self, stores: Mapping[str, PartitionStore]) -> Iterable[int]:
        """A partition that was never swept is due at once, as after a missed day."""
        value = stores[self.table].get(SWEEP_KEY)
        return (0,) if value is None else (self._after(decode_sweep(value).day),)

    @override
    def added(self, changes: Mapping[str, RowChanges]) -> Iterable[int]:
        value = changes[self.table].get(SWEEP_KEY)
        sweep = None if value is None else decode_sweep(value)
        return (self._after(sweep.day),) if sweep is not None and sweep.walked is None else ()

    def _after(self, day: int) -> int:
        return ((day + 1) * SECONDS_PER_DAY + self.second) * 1000


def sweep_clock(rule: Rule, *, table: str, second: int, clock: Callable[[], float]) -> DueClock:
    """The effect of `score-engagement` where sweeps are on.

    Args:
        rule: of the agent.
        table: the agent's.
        second: of the day (UTC) at which the sweep is due.
        clock: seconds since 1970.
    """

    def tick(partition: int) -> Output:
        day = utc_date(latest_due_day(clock(), second) * SECONDS_PER_DAY)
        return Output.of(ENGAGEMENT_TICKS.name, None, SweepTick(day=day), partition=partition)

    return DueClock(rule, SweepDueTimes(table, second), tick=tick)
