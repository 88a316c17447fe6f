"""Lets a consumer read records whose header names are no UTF-8: aiokafka fails on one, again after each restart.

Kafka's header names are text by its protocol and bytes on its wire, and no broker looks at them. aiokafka 0.14 decodes
them strictly (record/default_records.py, checked 2026-11-27), so that one record stops its partition for ever. A batch
that holds one is read again here, by aiokafka's own parser in Python, with U+FFFD for what is no text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy
from typing_extensions import override


def read_any_header_name() -> None:
    """Teach aiokafka's fetcher; a process that consumes calls it once, harmless to repeat."""
    fetcher.MemoryRecords = _Records


class _Records(_MemoryRecordsPy):  # type: ignore[misc]  # final for type checkers alone
    """The batches of one answer. Cutting them apart costs little; each is parsed by aiokafka's C code as before."""

    def next_batch(self, *cached: Any) -> Any:
        whole = self._next_slice
        batch = super().next_batch(*cached)
        return None if batch is None or whole is None else _Batch(batch, whole)


class _Batch:
    """One batch as aiokafka has it, with records that can all be read."""

    def __init__(self, batch: Any, whole: memoryview) -> None:
        self._batch = batch
        self._whole = whole

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except UnicodeDecodeError:
            again: Any = _DefaultRecordBatchPy(bytearray(self._whole))
            again._maybe_uncompress()
            again._buffer = _Text(again._buffer)
            return iter(again)


class _Text(bytearray):
    """Bytes whose parts decode, whatever they hold."""

    @override
    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return _Text(found) if isinstance(found, bytearray) else found

    @override
    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        # Never strictly, as aiokafka asks.
        return super().decode(encoding, "replace")
