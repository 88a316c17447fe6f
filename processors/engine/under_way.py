"""Where tasks stand that have not ended, for a line of the log: names and places in the code, no values. PURE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from types import FrameType
from typing import Any, Protocol

MOST_PLACES = 20
"""In one line, which has a thousand characters."""
_OURS = "processors."
_WAITING = "asyncio."
"""How everything waits, which says nothing of what for."""


class Task(Protocol):
    """What is read of an `asyncio.Task`."""

    def get_coro(self) -> Any:
        """Its coroutine."""


def places(tasks: Iterable[Task]) -> str:
    """Each place at which tasks wait, and how many; first where code of ours is under way, then the rarest.

    Behind the innermost coroutine is a future, which says nothing of itself.
    """
    found = Counter(_place(list(_frames(task.get_coro()))) for task in tasks)
    ordered = sorted(found.items(), key=lambda place: (not place[0][0], place[1]))
    told = [place if number == 1 else f"{number} x {place}" for (_, place), number in ordered]
    more = [f"{len(told) - MOST_PLACES} more places"] if len(told) > MOST_PLACES else []
    return "; ".join([*told[:MOST_PLACES], *more])


def _place(frames: list[FrameType]) -> tuple[bool, str]:
    """Whether it is under way for code of ours, and the innermost place, with ours where it is another one."""
    ours = [frame for frame in frames if _module(frame).startswith(_OURS)]
    theirs = [frame for frame in frames if not _module(frame).startswith(_WAITING)]
    shown = [found[-1] for found in (ours, theirs or frames) if found]
    return bool(ours), " > ".join(dict.fromkeys(_place_of(frame) for frame in shown)) or "nowhere"


def _frames(coroutine: Any) -> Iterator[FrameType]:
    """Of what waits for what, the outermost first."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame is not None:
            yield frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)


def _place_of(frame: FrameType) -> str:
    return f"{frame.f_code.co_qualname} {PurePath(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
