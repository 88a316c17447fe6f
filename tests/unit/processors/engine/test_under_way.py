"""What has not ended is told by places in the code."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from processors.engine.under_way import MOST_PLACES, places


class Told:
    """A task, as far as it is read."""

    def __init__(self, name: str) -> None:
        self._coroutine = SimpleNamespace(__qualname__=name)

    def get_coro(self) -> object:
        """Its coroutine."""
        return self._coroutine


async def commit(_address: str) -> None:
    """Waits two coroutines further in."""
    await asyncio.Event().wait()


async def test_tasks_at_the_same_place_are_counted_and_rare_ones_come_first() -> None:
    """The innermost line that Python knows, and no arguments."""
    commits = [asyncio.create_task(commit(f"p{number}@example.com")) for number in range(3)]
    waiting = asyncio.create_task(asyncio.sleep(60), name="waits for maya@example.com")
    await asyncio.sleep(0)
    rare, common = places([*commits, waiting]).split("; ")
    assert rare.startswith("sleep in tasks.py:")
    assert common.startswith("3 x commit in locks.py:")
    assert "@" not in rare + common
    for task in (*commits, waiting):
        task.cancel()


def test_line_says_how_many_places_it_leaves_out() -> None:
    """However many tasks there are, it is a line."""
    told = places(Told(f"commit{number}") for number in range(MOST_PLACES + 5)).split("; ")
    assert (len(told), told[-1]) == (MOST_PLACES + 1, "5 more places")
