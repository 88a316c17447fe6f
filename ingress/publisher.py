"""Publishes records to Kafka and says when they are acknowledged, within a time and within bounds of memory.

Per partition one batch is under way, and what arrives meanwhile forms the next (`runtime.kafka_batches`).
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from typing_extensions import override

from ingress.envelope import OutgoingRecord
from ingress.errors import NotAcknowledgedError
from ingress.link import KafkaLink
from ingress.metrics import IngressMetrics
from ingress.partition_sender import PartitionSender, WaitingRecord
from ingress.settings import Limits
from runtime.kafka_batches import key_hash

_OVERHEAD_BYTES = 1_024
"""Of a waiting record besides its key, headers and value."""


class Publisher(Protocol):
    """Where the application sends records."""

    async def publish(self, topic: str, record: OutgoingRecord) -> None:
        """Returns once the record is acknowledged by all in-sync replicas; records of one key keep their order.

        Args:
            topic: the name on the cluster.
            record: what to publish.

        Raises:
            NotAcknowledgedError: within the time for it, or at once when too much is waiting already.
        """
        ...


class KafkaPublisher(Publisher):
    """Batches per partition over one `KafkaLink`. The memory it holds is bounded by `limits`.

    Beyond the limits only what is under way is held: one batch per partition, or one larger record.
    """

    def __init__(self, link: KafkaLink, limits: Limits, metrics: IngressMetrics) -> None:
        self._link = link
        self._limits = limits
        self._metrics = metrics
        self._senders: dict[tuple[str, int], PartitionSender] = {}
        self._waiting: dict[WaitingRecord, None] = {}  # in the order of their deadlines, since all wait equally long
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._hash = key_hash()
        metrics.watch(
            "rollcall_ingress_waiting_deliveries", "Deliveries that wait for Kafka", lambda: len(self._waiting)
        )
        metrics.watch("rollcall_ingress_waiting_bytes", "Bytes that wait for Kafka", lambda: self._bytes)

    @override
    async def publish(self, topic: str, record: OutgoingRecord) -> None:
        if self._link.producer is None:
            raise NotAcknowledgedError("not_connected")
        size = _OVERHEAD_BYTES + len(record.key) + len(record.value)
        if len(self._waiting) >= self._limits.waiting_deliveries or self._bytes + size > self._limits.waiting_bytes:
            raise NotAcknowledgedError("overloaded")
        loop = asyncio.get_running_loop()
        waiting = WaitingRecord(record, size, loop.create_future(), loop.time() + self._limits.acknowledge_seconds)
        self._waiting[waiting] = None
        self._bytes += size
        if self._timer is None:
            self._timer = loop.call_at(waiting.deadline, self._expire)
        sender = self._sender(topic, record.key)
        sender.add(waiting)
        try:
            await waiting.acknowledged
        finally:
            del self._waiting[waiting]
            self._bytes -= size
            sender.trim()

    async def close(self) -> None:
        """End what is still under way, unacknowledged."""
        if self._timer is not None:
            self._timer.cancel()
        for sender in self._senders.values():
            await sender.close()

    def _sender(self, topic: str, key: bytes) -> PartitionSender:
        where = topic, self._hash(key) % self._link.partitions[topic]
        sender = self._senders.get(where)
        if sender is None:
            sender = self._senders[where] = PartitionSender(self._link, *where, acknowledged=self._metrics.batches.inc)
        return sender

    def _expire(self) -> None:
        """Let go those whose time is up, and wait for the next."""
        self._timer = None
        loop = asyncio.get_running_loop()
        for waiting in self._waiting:
            if waiting.deadline > loop.time():
                self._timer = loop.call_at(waiting.deadline, self._expire)
                return
            if not waiting.acknowledged.done():
                waiting.acknowledged.set_exception(NotAcknowledgedError("timeout"))
