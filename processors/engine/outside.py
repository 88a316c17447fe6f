"""Where the consequences of a turn go: Kafka and RocksDB, or memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from processors.engine.effect import RowChanges
from processors.engine.view import Output, PartitionStore, Record


class RefusedOutput(NamedTuple):
    """An output that the broker will never take, the record that it came from, and why."""

    origin: Record | None
    reason: str


class Outside(Protocol):
    """As an agent uses it."""

    def stores(self, partition: int) -> dict[str, PartitionStore]:
        """The agent's tables in a partition, recovered."""

    async def ensure_owner(self) -> None:
        """Before a turn puts anything out: it was computed from rows that another worker may have changed since.

        Raises:
            FatalError: another worker may own the partitions by now.
        """

    async def publish(self, outbox: Sequence[tuple[Output, Record | None]]) -> list[RefusedOutput]:
        """Returns when the broker has confirmed all but what it refuses for good."""

    async def persist(self, changes: Mapping[int, Mapping[str, RowChanges]]) -> dict[str, int]:
        """Write the changes of all partitions and tables, all or none: changelogs, confirmed, then the local store.

        Returns:
            By table the size of the smallest row that its changelog refuses for good; empty when all are written.
        """
