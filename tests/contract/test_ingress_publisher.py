"""What every publisher promises, on memory and on a real Kafka; and what the batcher promises beyond it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import pytest
from aiokafka.admin import NewTopic

from ingress.envelope import OutgoingRecord
from ingress.errors import NotAcknowledgedError
from ingress.link import KafkaLink
from ingress.metrics import IngressMetrics
from ingress.publisher import KafkaPublisher, Publisher
from ingress.settings import Limits
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from schemas.topics import QUARANTINE, RAW_EVENTS
from tests.support.broker import Broker
from tests.support.ingress import MemoryPublisher
from tests.support.kafka import Message, admin, read_to_end
from tests.support.processes import eventually

MIB = 1_048_576


def record(key: str, value: bytes, *, at_ms: int = 1_786_543_411_234) -> OutgoingRecord:
    """A record with a header."""
    return OutgoingRecord(key.encode(), value, [("ce_type", b"x.y"), ("empty", b"")], at_ms)


@asynccontextmanager
async def kafka_publisher(
    bootstrap: str, prefix: str, limits: Limits | None = None
) -> AsyncIterator[tuple[KafkaPublisher, IngressMetrics]]:
    """A publisher that has reached Kafka; on a busy machine an acknowledgement may take longer than Zoom would wait."""
    limits = limits or Limits(acknowledge_seconds=30)
    link = KafkaLink(
        KafkaConnection(bootstrap, topic_prefix=prefix),
        Kafka(),
        topics=(RAW_EVENTS, QUARANTINE),
        batch_bytes=limits.batch_bytes,
    )
    metrics = IngressMetrics()
    publisher = KafkaPublisher(link, limits, metrics)
    task = asyncio.create_task(link.run())

    async def reached() -> bool:
        return link.is_reached

    try:
        await eventually(reached, what="Kafka is reached")
        yield publisher, metrics
    finally:
        await publisher.close()
        task.cancel()
        await asyncio.wait([task])


class Subject(Protocol):
    """A publisher, and what others find on its topics."""

    @property
    def publisher(self) -> Publisher:
        """The one under test."""
        ...

    @property
    def topic(self) -> str:
        """Where it publishes."""
        ...

    async def found(self) -> Sequence[Message]:
        """Messages of the topic, those of one key in their order."""
        ...


class MemorySubject:
    """The publisher that unit tests use."""

    def __init__(self) -> None:
        self.publisher = MemoryPublisher()
        self.topic = RAW_EVENTS.name

    async def found(self) -> Sequence[Message]:
        """What the list holds."""
        return [
            Message(record.value, record.key, tuple(record.headers), timestamp_ms=record.timestamp_ms)
            for topic, record in self.publisher.published
            if topic == self.topic
        ]


class KafkaSubject:
    """The publisher of the process, read back by a consumer."""

    def __init__(self, publisher: Publisher, bootstrap: str, prefix: str) -> None:
        self.publisher = publisher
        self.topic = RAW_EVENTS.physical(prefix)
        self._bootstrap = bootstrap

    async def found(self) -> Sequence[Message]:
        """What is on the topic."""
        return await read_to_end(self._bootstrap, self.topic)


@pytest.fixture(params=["memory", "kafka"])
async def subject(request: pytest.FixtureRequest, topic_prefix: str) -> AsyncIterator[Subject]:
    """Both publishers, one after the other."""
    if request.param == "memory":
        yield MemorySubject()
        return
    bootstrap: str = request.getfixturevalue("kafka_bootstrap")
    async with kafka_publisher(bootstrap, topic_prefix) as (publisher, _):
        yield KafkaSubject(publisher, bootstrap, topic_prefix)


async def test_publish_record_arrives_whole(subject: Subject) -> None:
    """Key, value, headers in their order, and the time of receipt as the record's time."""
    await subject.publisher.publish(subject.topic, record("84215567031", "Ü".encode()))
    (found,) = await subject.found()
    assert (found.key, found.value, found.timestamp_ms) == (b"84215567031", "Ü".encode(), 1_786_543_411_234)
    assert found.headers == (("ce_type", b"x.y"), ("empty", b""))


async def test_publish_many_at_once_all_arrive_in_order_per_key(subject: Subject) -> None:
    """Records of one key keep the order in which they were given."""
    await asyncio.gather(
        *(subject.publisher.publish(subject.topic, record(f"k{n % 7}", b"%d" % n)) for n in range(3_000))
    )
    found = await subject.found()
    assert len(found) == 3_000
    for key in {message.key for message in found}:
        numbers = [int(message.value or b"") for message in found if message.key == key]
        assert numbers == sorted(numbers)


async def test_publish_body_of_the_largest_size_passes(subject: Subject) -> None:
    """1 MiB of body, beside which headers and key take room; also between small ones."""
    values = [b"s", b"L" * MIB, b"s2", b"M" * (MIB + 500_000), b"s3"]
    await asyncio.gather(*(subject.publisher.publish(subject.topic, record("k", value)) for value in values))
    assert [message.value for message in await subject.found()] == values


async def test_kafka_publisher_partition_is_that_of_any_client(kafka_bootstrap: str, topic_prefix: str) -> None:
    """The partitioner of Kafka's own clients (murmur2): values computed by the Java client's algorithm."""
    async with kafka_publisher(kafka_bootstrap, topic_prefix) as (publisher, _):
        topic = RAW_EVENTS.physical(topic_prefix)
        for key in ("21", "84215567031"):
            await publisher.publish(topic, record(key, b"x"))
        found = {message.key: message.partition for message in await read_to_end(kafka_bootstrap, topic)}
    # Kafka's UtilsTest: murmur2("21") is -973932308.
    assert found[b"21"] == (-973_932_308 & 0x7FFFFFFF) % 6


async def test_kafka_publisher_batches_what_arrives_together(kafka_bootstrap: str, topic_prefix: str) -> None:
    """Hundreds of records of one partition take a few requests."""
    async with kafka_publisher(kafka_bootstrap, topic_prefix) as (publisher, metrics):
        topic = RAW_EVENTS.physical(topic_prefix)
        await asyncio.gather(*(publisher.publish(topic, record("k", b"x" * 500)) for _ in range(400)))
        assert 1 <= (metrics.registry.get_sample_value("rollcall_ingress_batches_total") or 0) <= 5


async def test_kafka_publisher_refused_record_does_not_harm_its_batch(kafka_bootstrap: str, topic_prefix: str) -> None:
    """The broker refuses a batch for one record: the others of it are published, in order, and later ones too."""
    topic = RAW_EVENTS.physical(topic_prefix)
    small = {"max.message.bytes": "20000"}
    async with admin(kafka_bootstrap) as client:
        await client.create_topics([NewTopic(topic, 6, 1, topic_configs=small)])
    async with kafka_publisher(kafka_bootstrap, topic_prefix) as (publisher, _):
        values = [b"%03d" % n + b"v" * 300 for n in range(100)]
        values[40] = b"guilty" * 5_000
        outcomes = await asyncio.gather(
            *(publisher.publish(topic, record("k", value)) for value in values), return_exceptions=True
        )
        refused = [error for error in outcomes if error is not None]
        assert [getattr(error, "reason", error) for error in refused] == ["refused"]
        assert isinstance(outcomes[40], NotAcknowledgedError)
        await publisher.publish(topic, record("k", b"after"))
        found = [message.value for message in await read_to_end(kafka_bootstrap, topic)]
    assert found == [*values[:40], *values[41:], b"after"]


async def test_kafka_publisher_without_kafka_refuses_at_once() -> None:
    """Nothing queues for a broker that was never reached."""
    link = KafkaLink(KafkaConnection("127.0.0.1:1"), Kafka(), topics=[RAW_EVENTS], batch_bytes=131_072)
    publisher = KafkaPublisher(link, Limits(), IngressMetrics())
    with pytest.raises(NotAcknowledgedError) as raised:
        await publisher.publish(RAW_EVENTS.name, record("k", b"x"))
    assert raised.value.reason == "not_connected"


@pytest.mark.parametrize(
    ("limits", "sizes"),
    [
        (Limits(waiting_deliveries=5, acknowledge_seconds=0.4), [10] * 12),
        (Limits(waiting_bytes=5 * 11_100, acknowledge_seconds=0.4), [10_000] * 12),
    ],
    ids=["number", "bytes"],
)
async def test_kafka_publisher_beyond_its_bounds_refuses_at_once(
    own_kafka: Broker, topic_prefix: str, limits: Limits, sizes: list[int]
) -> None:
    """While the broker is silent, so much waits and no more; afterwards nothing is left behind and all goes on."""
    async with kafka_publisher(own_kafka.bootstrap, topic_prefix, limits) as (publisher, metrics):
        topic = RAW_EVENTS.physical(topic_prefix)
        own_kafka.pause()
        try:
            outcomes = await asyncio.gather(
                *(publisher.publish(topic, record("k", b"x" * size)) for size in sizes), return_exceptions=True
            )
        finally:
            own_kafka.resume()
        reasons = [getattr(error, "reason", "acknowledged") for error in outcomes]
        assert reasons == ["timeout"] * 5 + ["overloaded"] * 7
        assert metrics.registry.get_sample_value("rollcall_ingress_waiting_deliveries") == 0
        assert metrics.registry.get_sample_value("rollcall_ingress_waiting_bytes") == 0

        async def works() -> bool:
            try:
                await publisher.publish(topic, record("k", b"later"))
            except NotAcknowledgedError:
                return False
            return True

        await eventually(works, what="a record is acknowledged again")
