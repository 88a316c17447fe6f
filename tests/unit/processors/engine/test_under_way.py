"""What has not ended is told by places in the code."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from processors.engine.stopping import end_task
from processors.engine.under_way import MOST_PLACES, places


class At:
    """A task that waits at one place."""

    def __init__(self, module: str, function: str) -> None:
        code = SimpleNamespace(co_qualname=function, co_filename=f"/somewhere/{module}.py")
        self._frame = SimpleNamespace(f_code=code, f_lineno=7, f_globals={"__name__": module})

    def get_coro(self) -> object:
        """As a coroutine that waits for a future."""
        return SimpleNamespace(cr_frame=self._frame)


async def commit(_address: str) -> None:
    """Waits in a coroutine of asyncio."""
    await asyncio.Event().wait()


async def test_tasks_at_the_same_place_are_counted_and_code_of_ours_comes_first() -> None:
    """Each by its innermost line outside asyncio, and without its arguments."""
    commits = [asyncio.create_task(commit(f"p{number}@example.com")) for number in range(3)]
    await asyncio.sleep(0)
    ours = asyncio.create_task(end_task(commits[0], 60))
    await asyncio.sleep(0)
    told = places([*commits, ours]).split("; ")
    assert told[0].startswith("end_task stopping.py:")
    assert told[1].startswith("3 x commit test_under_way.py:")
    assert "@" not in "".join(told)
    await asyncio.gather(*commits[:1], ours, return_exceptions=True)
    for task in commits:
        task.cancel()


def test_line_tells_rare_places_first_and_how_many_it_leaves_out() -> None:
    """However many tasks there are, it is a line."""
    common = [At("aiokafka.client", "metadata")] * 2
    told = places([*common, *(At("faust", f"agent{number}") for number in range(MOST_PLACES + 4))]).split("; ")
    assert (len(told), told[0], told[-1]) == (MOST_PLACES + 1, "agent0 faust.py:7", "5 more places")
