"""How far the tables are, per partition: written in the transaction of the rows that came from there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from readmodel.changes import SourceRecord
from readmodel.tables import META, METADATA, OFFSETS

Partition = tuple[str, int]
"""A topic's logical name, and the number."""
ReadPositions = Mapping[Partition, int]
"""The next offset to read of each partition that was ever read."""


class Reached(NamedTuple):
    """How far a partition was read."""

    next_offset: int
    recorded_at: int
    """Kafka's time of the last record, milliseconds since 1970."""
    unreadable: int = 0
    """So many of the new ones could not be read."""


def positions(connection: Connection) -> dict[Partition, int]:
    """Where to go on."""
    rows = connection.execute(select(OFFSETS.c.topic, OFFSETS.c.partition, OFFSETS.c.next_offset))
    return {(topic, partition): offset for topic, partition, offset in rows}


def reached(records: Iterable[SourceRecord], unreadable: Mapping[Partition, int]) -> dict[Partition, Reached]:
    """How far the partitions of a batch are, once it is written."""
    last = {(record.topic, record.partition): record for record in records}
    return {
        where: Reached(record.offset + 1, record.timestamp_ms, unreadable.get(where, 0))
        for where, record in last.items()
    }


def note(connection: Connection, far: Mapping[Partition, Reached]) -> None:
    """Write down how far they are."""
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(OFFSETS)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["topic", "partition"],
            set_={
                "next_offset": statement.excluded.next_offset,
                "recorded_at": statement.excluded.recorded_at,
                "unreadable": OFFSETS.c.unreadable + statement.excluded.unreadable,
            },
        ),
        [{"topic": topic, "partition": number, **reach._asdict()} for (topic, number), reach in sorted(far.items())],
    )


def forget_all(connection: Connection) -> None:
    """Empty the tables: they are built anew."""
    for table in METADATA.sorted_tables:
        if table is not META:
            connection.execute(delete(table))
