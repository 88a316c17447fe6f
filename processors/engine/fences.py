"""Fences: what a former owner of a partition still sends is refused by Kafka itself, however late it arrives.

A worker that asks who owns a partition and then writes may be stopped in between, or its request may lie in a network
or a broker's queue, until another worker has taken over: an older row would land behind the newer one and win at the
next recovery. So every batch of a changelog carries a producer's number and an epoch. Whoever takes a partition over is
given the next epoch (`InitProducerId` of a name that belongs to the changelog's partition) and writes one row with it
before the end is looked for; from then on the broker appends no batch of an earlier epoch. The name says nothing of who
takes over: workers follow each other, and a worker follows the rebuild whose state has become live.

Only the epochs of Kafka's transactions are used, no transaction: nothing is begun, ended or marked, and nothing is
asked before a batch. Their sequence numbers make a batch that is tried again land once. Apache Kafka's log compares
both for any batch of a producer that it knows (`ProducerAppendInfo.checkProducerEpoch`, 4.3, read 2026-11-27), and
forgets a producer that has written nothing for a day (`producer.id.expiration.ms`): no request lives that long.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.client import ConnectionGroup, CoordinationType
from aiokafka.errors import (
    ConcurrentTransactions,
    KafkaError,
    NoError,
    TransactionalIdAuthorizationFailed,
    for_code,
)
from aiokafka.protocol.transaction import InitProducerIdRequest

from processors.engine.naming import fence_name
from runtime.backoff import Backoff
from schemas.errors import FatalError

_PAUSES = Backoff(first_seconds=0.05, longest_seconds=2.0)
_TRANSACTION_MS = 60_000
"""Must be named, and lie below the broker's limit of 15 minutes; no transaction is ever begun."""
_SEQUENCES = 2**31
"""Sequence numbers begin anew behind 2^31 - 1."""


@dataclass(slots=True)
class Fence:
    """The epoch of one partition's owner, and which number the next row gets."""

    producer_id: int
    epoch: int
    _next: int = 0

    def stamp(self, batch: Any) -> None:
        """Put it on a batch that is not sent yet; one that is tried again gets what it had."""
        batch._set_producer_state(self.producer_id, self.epoch, self._next)  # noqa: SLF001 (no other way)

    def written(self, rows: int) -> None:
        """The broker has taken a batch of so many rows."""
        self._next = (self._next + rows) % _SEQUENCES


class Fences:
    """Those of a process, by changelog and partition.

    Args:
        producer: started; whose connections are used.
    """

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._fences: dict[tuple[str, int], Fence] = {}

    def of(self, changelog: str, partition: int) -> Fence:
        """The one that was put up last."""
        return self._fences[changelog, partition]

    async def put_up(self, changelog: str, partition: int) -> None:
        """Get the next epoch of a partition; waits as long as Kafka is away.

        It holds from the first batch on that is written with it. `changelog` as it is called on the cluster.

        Raises:
            FatalError: this user may not.
        """
        name, failures = fence_name(changelog, partition), 0
        while True:
            try:
                self._fences[changelog, partition] = await self._next_epoch(name)
            except TransactionalIdAuthorizationFailed as error:
                raise FatalError(
                    f"Kafka does not let this user fence off the former owner of a partition; give it the right to"
                    f" write the transactional id {name} and those of the other partitions (deploy/kafka-acls.sh)"
                ) from error
            except (KafkaError, OSError, TimeoutError) as error:
                if isinstance(error, KafkaError) and not (error.retriable or isinstance(error, ConcurrentTransactions)):
                    raise FatalError(f"Kafka gives no epoch for {name}: {type(error).__name__}") from error
                failures += 1
                await asyncio.sleep(_PAUSES.seconds(failures, spread=0))
            else:
                return

    async def _next_epoch(self, name: str) -> Fence:
        client: Any = self._producer.client
        node = await client.coordinator_lookup(CoordinationType.TRANSACTION, name)
        request = InitProducerIdRequest(transactional_id=name, transaction_timeout_ms=_TRANSACTION_MS)
        answer = await client.send(node, request, group=ConnectionGroup.COORDINATION)
        error: Any = for_code(answer.error_code)
        if error is not NoError:
            raise error
        return Fence(answer.producer_id, answer.producer_epoch)
