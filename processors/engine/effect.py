"""What asynchronous work outside looks like to the engine: an intake rule and a pump beside the flow of batches.

An effect never works inside a batch's turn, since waiting for a limit or a parked lane outlives any time-out. Its
intake rule writes *pending* rows, which the engine confirms like any others; then the engine tells the effect what was
confirmed (`applied`), and the pump (`run`) works through it at its own pace. What came of it is posted as a message to
a topic that the intake rule reads too, and only that rule changes the rows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from processors.engine.view import Output, PartitionStore, Rule

Post = Callable[[Sequence[Output]], Awaitable[None]]
"""Publishes and returns when the broker has confirmed all of it; waits as long as the broker is away.

Raises:
    FatalError: the broker refuses a record for good (its size); the others are published.
"""

Rows = Mapping[bytes, bytes | None]
"""Confirmed changes of one table: key to value, ``None`` where the row was removed."""


class Effect(Protocol):
    """Asynchronous work outside, driven by confirmed rows."""

    @property
    def rule(self) -> Rule:
        """The intake: consumes the commands and the effect's own outcomes."""

    def load(self, partition: int, stores: Mapping[str, PartitionStore]) -> None:
        """A partition is ours and its tables are recovered; called before its first record is handled.

        Read what is pending; what was under way when another worker (or this one) stopped shows in the rows.
        """

    def applied(self, partition: int, changes: Mapping[str, Rows]) -> None:
        """These rows were confirmed and applied, after every turn. Must not block."""

    def revoke(self, partition: int) -> None:
        """The partition is no longer ours: start nothing new for it. A call under way may end and posts its outcome."""

    async def run(self, post: Post) -> None:
        """Work until cancelled. An exception that leaves it stops the worker with code 70."""
