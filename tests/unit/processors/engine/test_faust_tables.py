"""A table's partition on a real RocksDB: point reads, ordered scans, and atomic turns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import rocksdict
from hypothesis import given
from hypothesis import strategies as st

from processors.engine.faust_tables import TablePartition, _after
from processors.engine.memory_store import MemoryStore

OFFSET_KEY = b"__faust\0offset__"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[rocksdict.Rdict]:
    """As Faust opens it: raw bytes."""
    database = rocksdict.Rdict(str(tmp_path / "table"), rocksdict.Options(raw_mode=True))
    yield database
    database.close()


@pytest.fixture
def table(database: rocksdict.Rdict) -> TablePartition:
    """Partition 0 of a table of Faust's, as far as it is read."""
    store = SimpleNamespace(_db_for_partition=lambda _partition: database, offset_key=OFFSET_KEY)
    return TablePartition(SimpleNamespace(data=store), 0)


def test_table_rows_applied_can_be_read_and_deleted(table: TablePartition) -> None:
    """A deletion of what is not there is no error."""
    table.apply({b"a": b"1", b"b": b"2"}, 7)
    table.apply({b"a": None, b"b": b"3", b"c": None}, 9)
    assert (table.get(b"a"), table.get(b"b"), table.get(b"c")) == (None, b"3", None)


def test_table_offset_is_written_with_the_rows_and_no_row_itself(
    table: TablePartition, database: rocksdict.Rdict
) -> None:
    """Faust's recovery begins behind it; scans do not show it."""
    table.apply({b"z": b"1"}, 41)
    table.apply({b"a": b"2"}, 42)
    assert database[OFFSET_KEY] == b"42"
    assert list(table.scan(b"", b"")) == [(b"a", b"2"), (b"z", b"1")]


def test_table_scan_equals_that_of_a_dict_for_any_prefix(table: TablePartition) -> None:
    """Also where the prefix ends in the largest byte, or starts behind the rows."""
    parts = (b"", b"a", b"a|", b"a|\xff", b"\xff", b"\xff\xff", b"b")
    rows: dict[bytes, bytes | None] = {left + right: left for left in parts for right in parts if left + right}
    table.apply(rows, 1)
    memory = MemoryStore()
    memory.apply(rows)
    for prefix in parts:
        for start in parts:
            assert list(table.scan(prefix, start)) == list(memory.scan(prefix, start)), (prefix, start)


@given(st.binary(max_size=4), st.binary(max_size=3))
def test_bound_after_a_prefix_lies_behind_all_keys_with_it(prefix: bytes, rest: bytes) -> None:
    """And before every key that is larger than those; none where all larger keys have the prefix."""
    bound = _after(prefix)
    if bound is None:
        assert prefix.strip(b"\xff") == b""
    else:
        assert prefix + rest < bound
        assert not bound[:-1].startswith(prefix)
