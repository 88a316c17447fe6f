"""When a rebuild has caught up: nothing is left to read, to do or to wait for, in any partition."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from processors.engine.due_clock import DueClock
from processors.engine.effect import Position
from processors.engine.faust_agent import BatchAgent
from processors.rebuild.kept_answers import KEPT_ANSWERS_TABLE, UNANSWERED, WAITING

PositionEnds = Mapping[tuple[str, int], Position]


class CaughtUp:
    """Looks at the agents of a rebuild.

    Args:
        agents: all of them; the first one has the questions to Zoom.
        clock: of that agent.
        partitions: of every topic; the process has to own all.
    """

    def __init__(self, agents: Sequence[BatchAgent], clock: DueClock, partitions: int) -> None:
        self._agents = agents
        self._clock = clock
        self._partitions = partitions

    async def look(self, now_ms: int) -> bool:
        """Whether it has; `now_ms`: epoch milliseconds.

        Raises:
            RetryLaterError: Kafka does not answer.
        """
        if not self.owns_all:
            return False
        if self.lag:  # known without asking Kafka, which has to answer for every partition
            return False
        ends = await self._ends()
        if not (self._all_handled(ends) and self._clock.is_idle(now_ms) and not self._rows(WAITING)):
            return False
        # What was handled last may have led to more: as long as topics grow there is.
        return await self._ends() == ends and self._all_handled(ends) and self._clock.is_idle(now_ms)

    @property
    def owns_all(self) -> bool:
        """Whether all partitions are this process's."""
        return all(len(agent.core.partitions) >= self._partitions for agent in self._agents)

    @property
    def handled(self) -> int:
        """Records, of all agents."""
        return sum(agent.core.handled for agent in self._agents)

    @property
    def lag(self) -> int:
        """Records that are there to be handled."""
        return sum(agent.lag() for agent in self._agents)

    def unanswered(self) -> int:
        """Questions to Zoom that nobody kept an answer to."""
        return self._rows(UNANSWERED)

    def _rows(self, prefix: bytes) -> int:
        agent = self._agents[0]
        stores = (agent.stores(partition)[KEPT_ANSWERS_TABLE] for partition in agent.core.partitions)
        return sum(1 for store in stores for _row in store.scan(prefix, b""))

    async def _ends(self) -> PositionEnds:
        places = [(agent, partition) for agent in self._agents for partition in sorted(agent.core.partitions)]
        told = await asyncio.gather(*(agent.backlog(partition) for agent, partition in places))
        return {(agent.spec.name, partition): end for (agent, partition), end in zip(places, told, strict=True)}

    def _all_handled(self, ends: PositionEnds) -> bool:
        return all(
            agent.has_handled(partition, ends[agent.spec.name, partition])
            for agent in self._agents
            for partition in agent.core.partitions
        )
