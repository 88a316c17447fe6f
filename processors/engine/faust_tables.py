"""Faust's tables as plain rows: read, scan and apply in RocksDB, one atomic write per turn and partition.

Faust still opens the databases, recovers them from the changelogs and closes them (`faust_consumer`: which version).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import faust
import rocksdict

from processors.engine.faust_consumer import BatchSchema
from schemas.topic import MIB

RAW: faust.Schema[bytes, bytes] = faust.Schema(
    key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
)
OFFSET_KEY = b"__faust\0offset__"
"""Of the row of a table that says which changelog offset it is at (`faust.stores.rocksdb`)."""
RECOVERY_BATCHES = 8
"""Batches of up to a thousand rows that Faust gathers before it applies them."""
ROCKS_OPTIONS = {
    # Faust's defaults (64 MiB write buffers, 2 GiB cache, 90 % of the process's files) are per database, and a worker
    # opens one for every table and partition.
    "driver": "rocksdict",
    "write_buffer_size": 16 * MIB,
    "block_cache_size": 16 * MIB,
    "max_open_files": 64,
}


def declare_table(app: faust.App, name: str, partitions: int, changelog: str, stop: Callable[[str], None]) -> Any:
    """A table of bytes whose changelog has as many partitions as every topic, and is recovered in batches.

    Args:
        app: of the worker.
        name: of its store.
        partitions: of every topic.
        changelog: the topic on the cluster; Faust would name it after the app, and a rebuild is another one.
        stop: ends the process where a row cannot be recovered, unacknowledged.
    """
    table: Any = app.Table(
        name,
        partitions=partitions,
        key_type=bytes,
        value_type=bytes,
        schema=RAW,
        options=ROCKS_OPTIONS,
        recovery_buffer_size=RECOVERY_BATCHES,
        changelog_topic=_changelog(app, changelog, partitions),
    )
    table.apply_changelog_batch = partial(_recover, table, stop)
    return table


def _changelog(app: faust.App, name: str, partitions: int) -> Any:
    """As Faust makes them (`faust/tables/base.py`, `_new_changelog_topic`), of another name and in batches."""
    topic: Any = app.topic(
        name,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        partitions=partitions,
        compacting=True,
        acks=False,
        internal=True,
        maxsize=131_072,
        allow_empty=True,
    )
    topic.schema = BatchSchema(key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
    return topic


def _recover(table: Any, stop: Callable[[str], None], events: Iterable[Any]) -> None:
    """Apply batches of changelog rows, each with the offset that it ends at (Faust's `apply_changelog_batch`).

    Faust would log at most that a row could not be written, such as on a full disk, and wait for it for ever
    (`Recovery._slurp_changelogs`).
    """
    try:
        for event in events:
            message = event.message
            rows = {record.key: record.value for record in message.value}
            TablePartition(table, message.partition).apply(rows, message.offset)
    except Exception as error:
        stop(f"{table.name} cannot be recovered: {error}")
        raise


class TablePartition:
    """The confirmed rows of one table in one partition (`view.PartitionStore`)."""

    def __init__(self, table: Any, partition: int) -> None:
        self._store = table.data
        self._partition = partition

    @property
    def _db(self) -> rocksdict.Rdict:
        # Asked anew each time: Faust closes and opens databases in a rebalance.
        db: rocksdict.Rdict = self._store._db_for_partition(self._partition)
        return db

    def get(self, key: bytes) -> bytes | None:
        """The row's value, ``None`` when there is none."""
        value: bytes | None = self._db.get(key)
        return value

    @property
    def changelog_offset(self) -> int | None:
        """Of the last changelog row that it has; ``None``: it has none."""
        offset = self._db.get(self._store.offset_key)
        return None if offset is None else int(offset)

    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows under `prefix` from `start` on, in key order."""
        options = rocksdict.ReadOptions()
        if bound := _after(prefix):
            options.set_iterate_upper_bound(bound)
        offset_key = self._store.offset_key
        rows: Any = self._db.items(from_key=max(prefix, start), read_opt=options)
        for key, value in rows:
            if key != offset_key:
                yield key, value

    def apply(self, rows: Mapping[bytes, bytes | None], changelog_offset: int) -> None:
        """Write rows and the changelog offset they end at, atomically: recovery begins exactly after them."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in rows.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(self._store.offset_key, str(changelog_offset).encode())
        self._db.write(batch)


def changelog_ends(tables: Iterable[Any]) -> dict[tuple[str, int], int]:
    """By changelog and partition the offset behind what the tables on disk hold; before Faust opens them."""
    ends: dict[tuple[str, int], int] = {}
    for table in tables:
        # Not by the table's own store: once that is made before the app starts Faust cannot stop it any more.
        folder, changelog = Path(table.app.conf.tabledir), table.changelog_topic.get_topic_name()
        for partition in range(table.partitions):
            path = folder / f"{table.name}-{partition}.db"
            if not path.exists():
                continue
            database = rocksdict.Rdict(
                str(path), rocksdict.Options(raw_mode=True), access_type=rocksdict.AccessType.read_only()
            )
            try:
                offset = database.get(OFFSET_KEY)
            finally:
                database.close()
            if offset is not None:
                ends[changelog, partition] = int(offset) + 1
    return ends


def opened_ends(tables: Iterable[Any], partitions: Iterable[int]) -> dict[tuple[str, int], int]:
    """The same of tables that are open, in the partitions that are ours."""
    ends: dict[tuple[str, int], int] = {}
    owned = tuple(partitions)
    for table in tables:
        for partition in owned:
            offset = TablePartition(table, partition).changelog_offset
            if offset is not None:
                ends[table.changelog_topic.get_topic_name(), partition] = offset + 1
    return ends


def _after(prefix: bytes) -> bytes | None:
    """The smallest key that is larger than all keys with this prefix; ``None`` when there is none."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes((stripped[-1] + 1,)) if stripped else None
