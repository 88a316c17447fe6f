"""Knows when a new owner of a partition has read what was told of it before: only then is something in doubt."""

from __future__ import annotations

import asyncio

from processors.engine.effect import OwnAgent, Position
from schemas.errors import RetryLaterError

PAUSE_SECONDS = 0.05


class CatchingUp:
    """Asks once, after a partition was taken over, where the agent's topics end, and waits until it has got there."""

    def __init__(self) -> None:
        self._agent: OwnAgent | None = None
        self._ends: dict[int, Position] = {}

    def of(self, agent: OwnAgent) -> None:
        """Ask this agent; called before anything is waited for."""
        self._agent = agent

    def begin(self, partition: int) -> None:
        """A partition is ours, perhaps again."""
        self._ends.pop(partition, None)

    async def wait(self, partition: int) -> None:
        """Returns when all that was told of the partition before it became ours is in its rows."""
        agent = self._agent
        assert agent is not None, "the pump runs behind `of`"
        while partition not in self._ends or not agent.has_handled(partition, self._ends[partition]):
            if partition not in self._ends:
                try:
                    end = await agent.backlog(partition)
                except RetryLaterError:
                    await asyncio.sleep(PAUSE_SECONDS)
                else:
                    self._ends.setdefault(partition, end)
            else:
                await asyncio.sleep(PAUSE_SECONDS)
