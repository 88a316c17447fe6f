"""What an agent reads and keeps, as its module declares it. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.topic import Topic


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """Each agent module exports one as `SPEC`; the rule or effect that works is made by the composition root."""

    name: str
    sources: tuple[Topic, ...]
    tables: tuple[str, ...]
