"""Confirmed batches: what both processes need to send records of one partition together and await the broker's answer.

The batches are our own, one under way per partition: so order holds, the broker's answer is that of the records that we
put in, and nobody waits for a timer or queues without a bound inside aiokafka.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError, RecordTooLargeError
from aiokafka.partitioner import murmur2

from runtime.kafka import KafkaConnection

REFUSALS = (MessageSizeTooLargeError, RecordListTooLargeError, RecordTooLargeError)
"""Some record's own fault: sending the same batch again cannot help, but its halves may pass."""
_ROW_OVERHEAD_BYTES = 32
_REMEMBERED_KEYS = 65_536
T = TypeVar("T")


class BatchRow(Protocol):
    """One record of a batch, whatever else its owner keeps with it."""

    @property
    def key(self) -> bytes | None:
        """Decides the partition."""

    @property
    def value(self) -> bytes | None:
        """``None`` is a tombstone."""

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """A list, as aiokafka wants it, which only reads it."""

    @property
    def timestamp_ms(self) -> int | None:
        """Milliseconds since 1970; ``None``: now."""


def confirming_producer(connection: KafkaConnection, *, batch_bytes: int, request_seconds: float) -> AIOKafkaProducer:
    """A producer whose answers come from all in-sync replicas; whoever makes it starts and stops it.

    Idempotence stays off: a batch that the broker refuses leaves a hole in aiokafka's sequence numbers, every later
    send to that partition then fails; and with it batches never expire while Kafka is away (docs/adr/0002).

    Args:
        connection: brokers and security.
        batch_bytes: of one batch.
        request_seconds: so long aiokafka tries a batch before it gives it back.
    """
    return AIOKafkaProducer(
        **connection.client_options(),
        acks="all",
        enable_idempotence=False,
        linger_ms=0,
        max_batch_size=batch_bytes,
        max_request_size=2 * batch_bytes,
        request_timeout_ms=int(request_seconds * 1_000),
    )


def fill_batch(producer: AIOKafkaProducer, rows: Iterable[BatchRow], most_bytes: int | None = None) -> tuple[Any, int]:
    """A closed batch of the first rows, as many as fit, and their number; 0 when the first alone is too large.

    The row after those that fit is taken from `rows` too, but none behind it. Beyond `most_bytes` only one row goes.
    """
    batch, count, filled = producer.create_batch(), 0, 0
    for row in rows:
        if most_bytes is not None:
            filled += len(row.key or b"") + len(row.value or b"") + _ROW_OVERHEAD_BYTES
            if filled > most_bytes and count:
                break
        if batch.append(timestamp=row.timestamp_ms, key=row.key, value=row.value, headers=row.headers) is None:
            break
        count += 1
    batch.close()
    return batch, count


def halves(rows: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """Two parts of a batch that the broker refuses: the one record that it means is found, the others do not suffer."""
    middle = len(rows) // 2
    return rows[:middle], rows[middle:]


def key_hash() -> Callable[[bytes], int]:
    """A function from a key to the number whose remainder is its partition, as Kafka's own clients and Faust take it.

    It remembers: aiokafka's murmur2 is pure Python, and keys repeat.
    """
    return lru_cache(_REMEMBERED_KEYS)(_positive_hash)


def _positive_hash(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF
