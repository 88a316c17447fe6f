"""How far an agent is with its topics, for its own effect: that is made before the agent."""

from __future__ import annotations

from collections.abc import Mapping

from processors.engine.agent import BatchAgent


class OwnProgress:
    """`backlog` and `handled` of an effect (`due_clock`); `of` names the agent before anything is asked."""

    def __init__(self) -> None:
        self._agent: BatchAgent | None = None

    def of(self, agent: BatchAgent) -> BatchAgent:
        """Ask this agent; returns it."""
        self._agent = agent
        return agent

    async def backlog(self, partition: int) -> Mapping[str, int]:
        """See `BatchAgent.ends`."""
        return await self._named().ends(partition)

    def handled(self, partition: int, position: Mapping[str, int]) -> bool:
        """See `BatchAgent.has_handled`."""
        return self._named().has_handled(partition, position)

    def _named(self) -> BatchAgent:
        assert self._agent is not None, "asked before `of`"
        return self._agent
