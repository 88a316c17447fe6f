"""Knows when a new owner of a partition has read what was told of it before: only then is something in doubt."""

from __future__ import annotations

import asyncio

from processors.engine.due_clock import Backlog, Handled, Position
from schemas.errors import RetryLaterError

PAUSE_SECONDS = 0.05


async def nothing_waits(_partition: int) -> Position:
    """The backlog where there is none."""
    return {}


def has_handled_all(_partition: int, _position: Position) -> bool:
    """Whether everything was handled where there is no backlog."""
    return True


class CatchingUp:
    """Asks once, after a partition was taken over, where the agent's topics end, and waits until it has got there.

    Args:
        backlog, handled: as the clock of an agent has them.
    """

    def __init__(self, backlog: Backlog, handled: Handled) -> None:
        self._backlog = backlog
        self._handled = handled
        self._ends: dict[int, Position] = {}

    def begin(self, partition: int) -> None:
        """A partition is ours, perhaps again."""
        self._ends.pop(partition, None)

    async def wait(self, partition: int) -> None:
        """Returns when all that was told of the partition before it became ours is in its rows."""
        while partition not in self._ends or not self._handled(partition, self._ends[partition]):
            if partition not in self._ends:
                try:
                    end = await self._backlog(partition)
                except RetryLaterError:
                    await asyncio.sleep(PAUSE_SECONDS)
                else:
                    self._ends.setdefault(partition, end)
            else:
                await asyncio.sleep(PAUSE_SECONDS)
