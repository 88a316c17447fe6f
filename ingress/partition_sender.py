"""One partition's way to Kafka: one batch under way, and a queue of what waits for the next."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from ingress.envelope import OutgoingRecord
from ingress.errors import NotAcknowledgedError, UnavailableReason
from ingress.link import KafkaLink
from runtime.kafka_batches import REFUSALS, fill_batch, halves

_log = logging.getLogger(__name__)


class WaitingRecord:
    """A record, and the future of its acknowledgement."""

    __slots__ = ("acknowledged", "deadline", "record", "size")

    def __init__(self, record: OutgoingRecord, size: int, acknowledged: asyncio.Future[None], deadline: float) -> None:
        self.record = record
        self.size = size
        self.acknowledged = acknowledged
        self.deadline = deadline
        """On the loop's clock."""


class PartitionSender:
    """Sends in order. Who stops waiting leaves the queue; what is under way is waited for, so that order holds.

    Args:
        link: where the producer is, if there is one.
        topic: the name on the cluster.
        partition: of that topic.
        acknowledged: called after each acknowledged batch.
    """

    def __init__(self, link: KafkaLink, topic: str, partition: int, *, acknowledged: Callable[[], None]) -> None:
        self._link = link
        self._topic = topic
        self._partition = partition
        self._acknowledged = acknowledged
        self._queue: deque[WaitingRecord] = deque()
        self._task: asyncio.Task[None] | None = None
        self._may_write = True

    def add(self, waiting: WaitingRecord) -> None:
        """Queue a record; those of one turn of the event loop go together."""
        self._queue.append(waiting)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._drain())

    def trim(self) -> None:
        """Forget the oldest as far as nobody waits for them any more."""
        while self._queue and self._queue[0].acknowledged.done():
            self._queue.popleft()

    async def close(self) -> None:
        """Stop sending; nobody is told."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _drain(self) -> None:
        try:
            while self._queue:
                producer = self._link.producer
                if producer is None:
                    _fail(self._queue, "not_connected")
                    self._queue.clear()
                    return
                await self._send(producer, *_fill(producer, self._queue))
        finally:
            self._task = None

    async def _send(self, producer: Any, batch: Any, members: list[WaitingRecord]) -> None:
        if not members:
            return
        try:
            acknowledgement = await producer.send_batch(batch, self._topic, partition=self._partition)
        except (KafkaError, AssertionError) as error:  # the latter: aiokafka no longer knows the partition
            _log.warning("kafka producer unusable", extra={"topic": self._topic, "reason": type(error).__name__})
            self._link.report_broken(producer)
            _fail(members, "failed")
            return
        try:
            acknowledged = await acknowledgement
        except REFUSALS:
            await self._send_halves(producer, members)
        except TopicAuthorizationFailedError:
            self._note_forbidden()
            _fail(members, "failed")
        except KafkaError as error:
            _log.debug("batch not acknowledged", extra={"topic": self._topic, "reason": type(error).__name__})
            _fail(members, "failed")
        else:
            self._may_write = True
            self._link.note_end(self._topic, self._partition, acknowledged.offset + len(members))
            self._acknowledged()
            for waiting in members:
                if not waiting.acknowledged.done():
                    waiting.acknowledged.set_result(None)

    def _note_forbidden(self) -> None:
        """Log it once until the right is given: every delivery meets it."""
        if self._may_write:
            self._may_write = False
            _log.error("kafka refuses records", extra={
                "topic": self._topic, "reason": "its user has no right to write",
                "next": "give the right (deploy/kafka-acls.sh); deliveries are answered 503 until then",
            })  # fmt: skip

    async def _send_halves(self, producer: Any, members: list[WaitingRecord]) -> None:
        """Find the record that the broker refuses: the others are not to suffer for it."""
        if len(members) == 1:
            record = members[0].record
            _log.error("record refused by kafka", extra={
                "topic": self._topic, "partition": self._partition, "bytes": len(record.value),
                "next": "raise the topic's max.message.bytes: rollcall topics plan shows it",
            })  # fmt: skip
            _fail(members, "refused")
            return
        for half in map(deque, halves(members)):
            while half:
                await self._send(producer, *_fill(producer, half))


def _fill(producer: Any, queue: deque[WaitingRecord]) -> tuple[Any, list[WaitingRecord]]:
    """A batch of the queue's first records, taken from it, as many as fit; the first always fits."""
    members: list[WaitingRecord] = []

    def rows() -> Iterator[OutgoingRecord]:
        while queue:
            waiting = queue[0]
            if not waiting.acknowledged.done():
                yield waiting.record
                members.append(waiting)  # asked for the next: this one is in
            queue.popleft()

    batch, _ = fill_batch(producer, rows())
    return batch, members


def _fail(members: deque[WaitingRecord] | list[WaitingRecord], reason: UnavailableReason) -> None:
    for waiting in members:
        if not waiting.acknowledged.done():
            waiting.acknowledged.set_exception(NotAcknowledgedError(reason))
