"""The rate limiter of one call family: even spacing, live before bulk, pauses, and probes of a parked one.

How the rate is kept to is `runtime/pace.py`, as for Zoom. What is Brevo's own is the queue: a worker's share of the
rate changes with its partitions, a parked family lets probes through, and live work overtakes bulk work that waits. So
a permit is given when it is due; Zoom's calls are booked ahead, since several processes share them through a file.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from runtime.pace import Pace

CATCH_UP_SECONDS = 0.25
"""So much of missed time may be made up in a burst: timers are late, and the rate shall be used."""
FASTER = 0.02
"""A window follows the slowest answer at once and forgets it by so much with each faster one: one that is too small
costs rate whenever Kafka or Brevo hesitates, one too large costs nothing, since the rate bounds what is under way."""
HOURLY_BURST = 1 / 3
"""Of an hourly budget: what may be used at once. The rest is spread, so that no hour ever gets more than all of it."""


class Parking:
    """A call family (or the whole account) that waits for a person; one probe an interval finds out if it may go on."""

    def __init__(self, probe_seconds: float) -> None:
        self._probe_seconds = probe_seconds
        self._wait_seconds = probe_seconds
        self.reason: str | None = None
        """For people; ``None``: not parked."""
        self.ready_at = 0.0
        """Monotonic: when the next probe may go; in the past when not parked."""

    def park(self, reason: str, now: float, first_probe_seconds: float | None = None) -> bool:
        """Stop all but probes, the first of them after `first_probe_seconds` and each wait twice as long as the last.

        Without it all are a probe's interval apart. Returns whether it was not parked before.
        """
        fresh = self.reason is None
        self.reason = reason
        if fresh:
            self._wait_seconds = min(first_probe_seconds or self._probe_seconds, self._probe_seconds)
            self.probed(now)
        return fresh

    def probed(self, now: float) -> None:
        """A permit was given at `now`: while parked, the next one an interval later."""
        if self.reason is not None:
            self.ready_at = now + self._wait_seconds
            self._wait_seconds = min(2 * self._wait_seconds, self._probe_seconds)

    def unprobed(self, now: float) -> None:
        """The latest permit led to no call: the next one may go at once."""
        self.ready_at = min(self.ready_at, now)

    def clear(self) -> bool:
        """Go on. Returns whether it was parked."""
        was_parked, self.reason, self.ready_at = self.reason is not None, None, 0.0
        return was_parked


class Limiter:
    """Gives permits at a rate; a permit is one call.

    Args:
        parkings: what may park this family; a probe counts for all of them.
        now: monotonic seconds, the event loop's clock.
        catch_up_seconds: so much of missed time may be made up in a burst.
    """

    def __init__(
        self, parkings: tuple[Parking, ...], now: Callable[[], float], catch_up_seconds: float = CATCH_UP_SECONDS
    ) -> None:
        self.rate = 0.0
        """Permits per second; 0 gives none."""
        self.pace = Pace()
        self._parkings = parkings
        self._now = now
        self._catch_up_seconds = catch_up_seconds
        self._waiters: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def parked(self) -> bool:
        """Whether only probes are let through."""
        return any(parking.reason is not None for parking in self._parkings)

    async def acquire(self, *, urgent: bool) -> None:
        """Wait for a permit; urgent ones go first, equal ones in order."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiters, (not urgent, next(self._order), future))
        self.wake()
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        """A permit was not used: whoever waits next gets it, and with it the probe of a parked call family."""
        for parking in self._parkings:
            parking.unprobed(self._now())
        if self.rate > 0:
            self.pace.give_back(1 / self.rate)
        self.wake()

    @property
    def is_paused(self) -> bool:
        """Whether Brevo has closed its window: what has a permit from before must not use it."""
        return self.pace.held_seconds(self._now()) > 0

    async def unpaused(self) -> None:
        """Wait until the window that Brevo closed is open again; a parked call family does not hold this up."""
        await asyncio.sleep(self.pace.held_seconds(self._now()))

    def pause(self, seconds: float) -> None:
        """No permits for so long; never shortens a longer pause."""
        self.pace.hold(seconds, self._now())
        self.wake()

    def set_rate(self, per_second: float) -> None:
        """Change the rate from now on."""
        self.rate = per_second
        self.wake()

    def wake(self) -> None:
        """Give what may be given now, and come back when the next permit is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiters:
            if self._waiters[0][2].done():
                heapq.heappop(self._waiters)
                continue
            now, due_at = self._now(), self._due_at()
            if due_at > now:
                if math.isfinite(due_at):
                    self._timer = asyncio.get_running_loop().call_later(due_at - now, self.wake)
                return
            self._grant(heapq.heappop(self._waiters)[2], now)

    def _due_at(self) -> float:
        if self.rate <= 0:
            return math.inf
        return max(self.pace.due_at, *(parking.ready_at for parking in self._parkings))

    def _grant(self, waiter: asyncio.Future[None], now: float) -> None:
        for parking in self._parkings:
            parking.probed(now)
        self.pace.spend(1 / self.rate, now, self._catch_up_seconds)
        waiter.set_result(None)


class Window:
    """Bounds how many intents have no outcome yet, so that a kill leaves few events in doubt.

    Args:
        size: how many may be open now, given the seconds that one is open; asked again at every `wake`.
    """

    def __init__(self, size: Callable[[float], int]) -> None:
        self.open = 0
        self._size = size
        self._open_seconds = 0.0
        self._waiters: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    @property
    def size(self) -> int:
        """How many may be open now."""
        return self._size(self._open_seconds)

    def took(self, seconds: float) -> None:
        """One was open for so long: the window follows, at once when the answers become slow."""
        self._open_seconds = max(seconds, self._open_seconds + (seconds - self._open_seconds) * FASTER)
        self.wake()

    @asynccontextmanager
    async def slot(self, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for a place and hold it; urgent ones go first."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiters, (not urgent, next(self._order), future))
        self.wake()
        try:
            await future
            yield
        finally:
            if future.done() and not future.cancelled():
                self.open -= 1
            self.wake()

    def wake(self) -> None:
        """Let in who fits."""
        while self._waiters and self.open < self.size:
            future = heapq.heappop(self._waiters)[2]
            if not future.done():
                self.open += 1
                future.set_result(None)
