"""What a rule is, and what it sees: a record, the tables of its partition, an outbox. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, Self

from schemas.cloud_events import Headers, event_headers
from schemas.model import Message
from schemas.replays import Lineage
from schemas.topic import MIB

ROW_BYTES = 3 * MIB
"""Of a row's key and value together; changelogs take 4 MiB (runtime/topics.py), headers and batch included."""


class Record(NamedTuple):
    """One record of a topic as a rule gets it."""

    topic: str
    """Logical name (schemas/topics.py), without the installation's prefix."""
    partition: int
    offset: int
    timestamp_ms: int
    """Kafka's record time: milliseconds since 1970."""
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    taken_ms: int = 0
    """Wall clock of the worker when it took the record, milliseconds since 1970: when it learned of it."""

    @property
    def source(self) -> str:
        """Where it lies, which no other record does."""
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Output:
    """One record to publish; the partition follows from the key as any producer chooses it.

    `Output.of` makes one of a message; by hand only what is passed on as it came (a dead letter).
    """

    topic: str
    """Logical name."""
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None
    """Only where the key does not say it: of messages of an agent to itself, and of what every partition is told."""

    @classmethod
    def of(cls, topic: str, key: bytes | None, message: Message, *, partition: int | None = None) -> Self:
        """The message as it lies on the topic, with the headers that say what it is."""
        value = message.to_bytes()
        return cls(topic, key, value, event_headers(topic, key, message, value), partition)


def with_lineage(output: Output, lineage: Lineage | None) -> Output:
    """The same with the lineage of what it follows from."""
    return output if lineage is None else replace(output, headers=output.headers + lineage.headers)


class PartitionStore(Protocol):
    """The confirmed rows of one table in one partition."""

    def get(self, key: bytes) -> bytes | None:
        """The row's value, ``None`` when there is none."""

    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows whose key begins with `prefix` and is at least `start`, in order of the key's bytes."""


class View(Protocol):
    """A rule's only way to the world. Reads see the writes of this record and of earlier ones of the turn."""

    partition: int
    lineage: Lineage | None
    """The record's; what is sent has it, too. A rule that goes on with work from a row sets it to the row's."""

    def get(self, table: str, key: bytes) -> bytes | None:
        """The row's value, ``None`` when there is none."""

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """Write a row. Values are small: one person, one bucket.

        Raises:
            DeadLetterError: the row is larger than its changelog takes; that is the fault of the record in hand.
        """

    def delete(self, table: str, key: bytes) -> None:
        """Remove a row; no error when there is none."""

    def scan(self, table: str, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Rows under `prefix` from `start` on, in key order. Rows written while it runs may or may not appear."""

    def send(self, topic: str, key: bytes | None, message: Message, *, partition: int | None = None) -> None:
        """Publish once the turn is confirmed; `topic` is a logical name, `partition` as that of an `Output`."""

    def send_tombstone(self, topic: str, key: bytes, model: type[Message]) -> None:
        """Publish that nothing of `model` stands under the key any more, on a compacted topic."""

    def pass_on(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Publish somebody else's record, which is no message of ours, with the headers that it came with."""

    def learned(self) -> None:
        """The record told a fact that was not known. Of a copy that a replay has made this is published."""


class Rule(Protocol):
    """Plain synchronous code over one record. It decides and does no I/O."""

    def handle(self, record: Record, view: View) -> None:
        """Read and write the tables, send outputs. The same record again must lead to the same state.

        Raises:
            SkipError: the record is acknowledged and counted; what it wrote and sent is forgotten.
            RetryLaterError: the turn is done again after `after_seconds`.
            FatalError: the worker stops, nothing of the turn acknowledged.
            Exception: any other, `DeadLetterError` above all, makes a dead letter of the record.
        """
