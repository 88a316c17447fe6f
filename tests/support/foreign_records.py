"""Records as no producer of ours writes them, for tests of whoever reads them."""

from __future__ import annotations

import time
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from typing_extensions import override

from tests.support.kafka import Message, produce

STRANGE: tuple[tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]], ...] = (
    (b"null header", b"{", [("rollcall-attempts", None), ("rollcall-source", None)]),
    (b"count without end", b"{", [("rollcall-attempts", b"9" * 5_000)]),
    (b"huge header", b"{", [("x", b"\xff" * 600_000)]),
    (b"many headers", b"{", [("x", b"y")] * 3_000),
    (b"bytes", b"\xff\xfe\x00", [("rollcall-reason", b"\xff\xfe")]),
    (None, None, []),
    (b"\xff\xfe", b"[]", []),
)
"""Key, value, headers; none of them is an event of anybody."""


class NoText(str):
    """A header name that is no UTF-8 on the wire."""

    __slots__ = ()

    @override
    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Of any text."""
        return b"\xff\xfe\x80"


async def produce_strange(bootstrap: str, topic: str, *, is_compacted: bool = False) -> int:
    """Send all kinds to the partitions in turn, and 5 MB in a batch of some KB; returns how many there are.

    On a compacted topic each has a key: the broker refuses others.
    """
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_request_size=4_194_304)
    await producer.start()
    try:
        partitions = len(await producer.partitions_for(topic))
        records = [*STRANGE, (b"name of bytes", b"{", [(NoText("x"), b"y"), ("z", b"z")])]
        for number, (key, value, headers) in enumerate(records):
            batch = _batch(producer)
            own = b"k" if is_compacted and key is None else key
            batch.append(timestamp=int(time.time() * 1000), key=own, value=value, headers=headers)
            await (await producer.send_batch(batch, topic, partition=number % partitions))
    finally:
        await producer.stop()
    await produce(bootstrap, topic, [Message(b"\0" * 5_000_000, b"swollen")], codec="gzip")
    return len(records) + 1


def _batch(producer: AIOKafkaProducer) -> Any:
    """One that takes what aiokafka's C code refuses to write."""
    batch = producer.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=4_194_304,
    )
    return batch
