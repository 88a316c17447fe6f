"""Permits: rate, order, pauses, probes; the clock is the test's."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from processors.brevo.api.limits import Limiter, Parking, Window


class _Bench:
    """A limiter at 4 permits a second whose time passes only when told."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.account, self.family = Parking(60), Parking(60)
        self.limiter = Limiter((self.account, self.family), lambda: self.now)
        self.limiter.set_rate(4)
        self.granted: list[str] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def ask(self, *names: str, urgent: bool = False) -> None:
        for name in names:
            self._tasks.append(asyncio.create_task(self._take(name, urgent=urgent)))
        await self.after(0)

    async def after(self, seconds: float) -> list[str]:
        """Who has a permit after so many seconds."""
        self.now += seconds
        for _ in range(4):
            self.limiter.wake()
            await asyncio.sleep(0)
        return self.granted

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, name: str, *, urgent: bool) -> None:
        await self.limiter.acquire(urgent=urgent)
        self.granted.append(name)


@asynccontextmanager
async def _bench() -> AsyncIterator[_Bench]:
    bench = _Bench()
    try:
        yield bench
    finally:
        await bench.close()


async def test_limiter_gives_permits_at_the_rate_and_makes_up_little() -> None:
    """After any pause a burst is a quarter of a second's worth, however long nobody asked."""
    async with _bench() as bench:
        await bench.ask(*"abcdefgh")
        assert len(bench.granted) == 2
        assert len(await bench.after(0.2)) == 2
        assert len(await bench.after(0.05)) == 3
        assert len(await bench.after(0.25)) == 4
        assert len(await bench.after(100)) == 6


async def test_limiter_serves_urgent_ones_first_and_others_in_order() -> None:
    """Live before bulk, even for who asked later."""
    async with _bench() as bench:
        await bench.ask("a", "b", "c", "d")
        await bench.ask("live", urgent=True)
        for _ in range(3):
            await bench.after(0.25)
        assert bench.granted == ["a", "b", "live", "c", "d"]


async def test_limiter_paused_gives_nothing_until_the_end_of_the_longest_pause() -> None:
    """A shorter pause does not end a longer one."""
    async with _bench() as bench:
        bench.limiter.pause(30)
        bench.limiter.pause(1)
        await bench.ask("a")
        assert await bench.after(29) == []
        assert await bench.after(1) == ["a"]


async def test_limiter_without_a_share_gives_nothing_until_it_has_one() -> None:
    """A worker without partitions has no budget."""
    async with _bench() as bench:
        bench.limiter.set_rate(0)
        await bench.ask("a")
        assert await bench.after(1_000) == []
        bench.limiter.set_rate(1)
        assert await bench.after(0) == ["a"]


async def test_limiter_parked_gives_one_probe_an_interval_until_it_goes_on() -> None:
    """The first probe comes an interval after the refusal; a second reason changes nothing about that."""
    async with _bench() as bench:
        assert bench.account.park("key", bench.now)
        await bench.ask("a", "b", "c", "d")
        assert await bench.after(59) == []
        assert not bench.account.park("another reason", bench.now)
        assert await bench.after(1) == ["a"]
        assert await bench.after(59) == ["a"]
        assert await bench.after(1) == ["a", "b"]
        assert bench.account.clear()
        assert await bench.after(0.5) == ["a", "b", "c", "d"]


async def test_limiter_families_share_the_probes_of_a_parked_account() -> None:
    """One probe a minute in all, not one for each family."""
    async with _bench() as bench:
        other = Limiter((bench.account, Parking(60)), lambda: bench.now)
        other.set_rate(4)
        bench.account.park("key", bench.now)
        await bench.ask("a")
        assert await bench.after(60) == ["a"]
        task = asyncio.create_task(other.acquire(urgent=True))
        await asyncio.sleep(0)
        other.wake()
        await asyncio.sleep(0)
        assert not task.done()
        task.cancel()


async def test_limiter_permit_given_back_goes_to_the_next_with_its_probe() -> None:
    """Work that changed while it waited must not use up the one probe of a minute."""
    async with _bench() as bench:
        bench.account.park("key", bench.now)
        await bench.ask("a", "b", "c")
        assert await bench.after(60) == ["a"]
        bench.limiter.give_back()
        assert await bench.after(0) == ["a", "b"]
        assert await bench.after(59) == ["a", "b"]


async def test_limiter_permit_of_one_cancelled_in_the_same_moment_goes_to_the_next() -> None:
    """Between the grant and the call there is room for a cancellation."""
    async with _bench() as bench:
        bench.account.park("key", bench.now)
        first = asyncio.create_task(bench.limiter.acquire(urgent=True))
        await bench.ask("b")
        bench.now += 60
        bench.limiter.wake()
        first.cancel()
        assert await bench.after(0) == ["b"]


async def test_limiter_forgets_who_gave_up_waiting() -> None:
    """A cancelled wait costs no permit."""
    async with _bench() as bench:
        await bench.ask("a", "b", "c")
        await bench.close()
        await bench.ask("d")
        assert await bench.after(0.25) == ["a", "b", "d"]


async def test_window_holds_as_many_as_its_size_urgent_ones_first() -> None:
    """It is asked for its size again whenever somebody leaves or it is woken."""
    size, entered, leave = 1, [], asyncio.Event()
    window = Window(lambda _seconds: size)

    async def enter(name: str, *, urgent: bool) -> None:
        async with window.slot(urgent=urgent):
            entered.append(name)
            await leave.wait()

    tasks = [asyncio.create_task(enter(name, urgent=name == "live")) for name in ("a", "b", "live")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert entered == ["a"]
    size = 2
    window.wake()
    await asyncio.sleep(0)
    assert entered == ["a", "live"]
    leave.set()
    await asyncio.gather(*tasks)
    assert entered == ["a", "live", "b"]
    assert window.open == 0


def test_window_follows_a_slow_answer_at_once_and_forgets_it_slowly() -> None:
    """Kafka hesitates now and then: the next time the window is wide enough already."""
    window = Window(lambda seconds: math.ceil(8 * seconds))
    window.took(0.5)
    assert window.size == 4
    for _ in range(10):
        window.took(0.05)
    assert window.size == 4
    for _ in range(300):
        window.took(0.05)
    assert window.size == 1


async def test_window_place_of_a_cancelled_holder_is_free_again() -> None:
    """Also when the place was given and the wait was cancelled at once."""
    window = Window(lambda _seconds: 1)

    async def enter() -> None:
        async with window.slot(urgent=False):
            await asyncio.Event().wait()

    first, second = asyncio.create_task(enter()), asyncio.create_task(enter())
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert window.open == 0


def test_parking_with_an_early_first_probe_doubles_the_wait_up_to_its_interval() -> None:
    """A page in between passes often after a moment; one that stays is not asked each time."""
    parking, now = Parking(10), 100.0
    parking.park("a page", now, 2)
    waits = []
    for _ in range(4):
        waits.append(parking.ready_at - now)
        now = parking.ready_at
        parking.probed(now)
    assert waits == [2, 4, 8, 10]
