"""Where tasks stand that have not ended, for a line of the log: names and places in the code, no values. PURE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath
from types import FrameType
from typing import Any, Protocol

MOST_PLACES = 40
"""In one line: a worker in order has about as many kinds of tasks."""


class Task(Protocol):
    """What is read of an `asyncio.Task`."""

    def get_coro(self) -> Any:
        """Its coroutine."""


def places(tasks: Iterable[Task]) -> str:
    """Each coroutine with the line at which it waits, how many there are of it, the commonest last.

    The innermost one that Python knows: behind it is a future that says nothing of itself.
    """
    found = Counter(_place(task.get_coro()) for task in tasks)
    told = [place if number == 1 else f"{number} x {place}" for place, number in reversed(found.most_common())]
    more = [f"{len(told) - MOST_PLACES} more places"] if len(told) > MOST_PLACES else []
    return "; ".join([*told[:MOST_PLACES], *more])


def _place(coroutine: Any) -> str:
    name, frame = getattr(coroutine, "__qualname__", type(coroutine).__name__), None
    while coroutine is not None:
        frame = _frame(coroutine) or frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
    return name if frame is None else f"{name} in {PurePath(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _frame(coroutine: Any) -> FrameType | None:
    frame: FrameType | None = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
    return frame
