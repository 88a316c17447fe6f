"""What asynchronous work outside looks like to the engine: an intake rule and a pump beside the flow of batches.

An effect never works inside a batch's turn, since waiting for a limit or a parked call family outlives any time-out.
Its intake rule writes *pending* rows, which the engine confirms like any others; then the engine tells the effect what
was confirmed (`applied`), and the pump (`run`) works through it at its own pace. What came of it is posted as a message
to a topic that the intake rule reads too, and only that rule changes the rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from typing_extensions import override

from processors.engine.view import Output, PartitionStore, Rule

Post = Callable[[Sequence[Output]], Awaitable[None]]
"""`OwnAgent.post`, for whoever needs no more of the agent."""
RowChanges = Mapping[bytes, bytes | None]
"""Confirmed changes of one table: key to value, ``None`` where the row was removed."""
Position = Mapping[str, int]
"""Per topic of the agent, as the engine calls it: the offset behind the last record of a partition."""


class OwnAgent(Protocol):
    """The agent that an effect belongs to, as `Effect.run` is handed it."""

    async def post(self, outputs: Sequence[Output]) -> None:
        """Publish; returns when the broker has confirmed all of it, and waits as long as the broker is away.

        Raises:
            FatalError: the broker refuses a record for good (its size); the others are published.
        """

    async def backlog(self, partition: int) -> Position:
        """Ask Kafka where the agent's topics end in a partition.

        Raises:
            RetryLaterError: Kafka does not answer.
        """

    def has_handled(self, partition: int, position: Position) -> bool:
        """Whether everything before `position` was handled (or acknowledged before this worker came)."""


class Effect(Protocol):
    """Asynchronous work outside, driven by confirmed rows."""

    rule: Rule
    """The intake: consumes the commands and the effect's own outcomes."""

    def load(self, partition: int, stores: Mapping[str, PartitionStore]) -> None:
        """A partition is ours and its tables are recovered; called before its first record is handled.

        Read what is pending; what was under way when another worker (or this one) stopped shows in the rows.
        """

    def applied(self, partition: int, changes: Mapping[str, RowChanges]) -> None:
        """These rows were confirmed and applied, after every turn. Must not block."""

    def revoke(self, partition: int) -> None:
        """The partition is no longer ours: start nothing new for it. A call under way may end and posts its outcome."""

    async def run(self, agent: OwnAgent) -> None:
        """Work until cancelled. An exception that leaves it stops the worker with code 70."""


class RuleAlone(Effect):
    """The effect of an agent that does nothing outside."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    @override
    def load(self, partition: int, stores: Mapping[str, PartitionStore]) -> None:
        """Nothing waits."""

    @override
    def applied(self, partition: int, changes: Mapping[str, RowChanges]) -> None:
        """Nothing follows."""

    @override
    def revoke(self, partition: int) -> None:
        """Nothing ends."""

    @override
    async def run(self, agent: OwnAgent) -> None:
        """Until cancelled."""
        await asyncio.Event().wait()
