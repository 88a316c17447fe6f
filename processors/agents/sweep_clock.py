"""When the decay sweep is due: once a day, and once for all the days that nobody worked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from processors.engagement.sweep import SWEEP_KEY, decode_sweep, latest_due_day
from processors.engine.due_clock import Backlog, DueClock, Handled
from processors.engine.effect import Post, Rows
from processors.engine.view import MemoryStore, Output, PartitionStore, Rule
from schemas.instants import SECONDS_PER_DAY, utc_date
from schemas.ticks import SweepTick
from schemas.topics import ENGAGEMENT_TICKS

AGENDA = "sweeps"
"""A table in name alone: what is due follows from the row of the sweep and the time of day."""


class SweepClock:
    """The effect (`effect.Effect`) of `score-engagement` where sweeps are on.

    A partition that was never swept is due at once, as after a missed day.

    Args:
        rule: of the agent.
        table: the agent's.
        second: of the day (UTC) at which the sweep is due.
        clock: seconds since 1970.
        backlog, handled: see `DueClock`.
    """

    def __init__(
        self,
        rule: Rule,
        *,
        table: str,
        second: int,
        clock: Callable[[], float],
        backlog: Backlog,
        handled: Handled,
    ) -> None:
        self.rule = rule
        self._table = table
        self._second = second
        self._clock = clock
        self._due = DueClock(
            rule, table=AGENDA, prefix=b"", due_ms=int, tick=self._tick, backlog=backlog, handled=handled
        )

    def load(self, partition: int, stores: Mapping[str, PartitionStore]) -> None:
        """See `Effect.load`. A sweep under way goes on by its own messages."""
        value = stores[self._table].get(SWEEP_KEY)
        due = b"0" if value is None else self._after(decode_sweep(value).day)
        self._due.load(partition, {AGENDA: MemoryStore({due: b"1"})})

    def applied(self, partition: int, changes: Mapping[str, Rows]) -> None:
        """See `Effect.applied`."""
        value = changes[self._table].get(SWEEP_KEY)
        if value is not None and (sweep := decode_sweep(value)).walked is None:
            self._due.applied(partition, {AGENDA: {self._after(sweep.day): b"1"}})

    def revoke(self, partition: int) -> None:
        """See `Effect.revoke`."""
        self._due.revoke(partition)

    async def run(self, post: Post) -> None:
        """See `Effect.run`."""
        await self._due.run(post)

    def _after(self, day: int) -> bytes:
        """Milliseconds since 1970 of the sweep after that of `day`, as a key of the agenda."""
        return b"%d" % (((day + 1) * SECONDS_PER_DAY + self._second) * 1000)

    def _tick(self, partition: int) -> Output:
        day = utc_date(latest_due_day(self._clock(), self._second) * SECONDS_PER_DAY)
        return Output(ENGAGEMENT_TICKS.name, None, SweepTick(day=day).to_bytes(), partition=partition)
