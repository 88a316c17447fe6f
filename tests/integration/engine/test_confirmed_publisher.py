"""Confirmed publishing on a real broker: what is refused, what waits, and what must stop."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from processors.agents import STATE_TABLES
from processors.attendance.agent import SPEC as TRACK_ATTENDANCE
from processors.engine.confirmed_publisher import BATCH_BYTES, ConfirmedPublisher, Row, build_producer
from processors.engine.fences import Fences
from processors.engine.naming import Names
from processors.rebuild_app import names_of
from runtime.kafka import KafkaConnection
from schemas.errors import FatalError
from tests.support.broker import Broker
from tests.support.kafka import Message as Sent
from tests.support.kafka import create_topics, produce, read_to_end
from tests.support.processes import eventually

PARTITIONS = 3


class Way:
    """What lies between a publisher and its producer: what is held up begins its way to the broker later."""

    def __init__(self, producer: AIOKafkaProducer, held: asyncio.Event | None) -> None:
        self._producer = producer
        self._held = held

    def create_batch(self) -> Any:
        """The producer's."""
        return self._producer.create_batch()

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Any:
        """Behind the event."""
        if self._held is not None:
            await self._held.wait()
        return await self._producer.send_batch(batch, topic, partition=partition)


@asynccontextmanager
async def publisher(
    bootstrap: str,
    *,
    owner: Iterable[bool] = itertools.repeat(True),
    session_seconds: float = 60,
    held: asyncio.Event | None = None,
) -> AsyncIterator[ConfirmedPublisher]:
    """A publisher that works, with its producer; whether it still owns its partitions is answered in turn."""
    answers = iter(owner)

    async def still_owner() -> bool:
        return next(answers)

    producer = build_producer(KafkaConnection(bootstrap), request_seconds=2)
    await producer.start()
    way: Any = Way(producer, held)
    try:
        yield ConfirmedPublisher(
            way,
            partitions=PARTITIONS,
            still_owner=still_owner,
            session_seconds=session_seconds,
            fences=Fences(producer),
        )
    finally:
        await producer.stop()


@pytest.fixture
def topic(topic_prefix: str) -> str:
    """Not created yet."""
    return f"{topic_prefix}rows"


def rows(count: int, *, size: int = 100) -> list[Row]:
    """Numbered rows; each is its own origin."""
    return [Row(b"%d" % number, (b"%d|" % number).ljust(size, b"."), origin=number) for number in range(count)]


async def values(bootstrap: str, topic: str) -> list[bytes | None]:
    """Of all rows of the topic, in order."""
    return [message.value for message in await read_to_end(bootstrap, topic)]


async def test_delivery_confirmed_rows_are_there_in_order_with_headers_and_tombstones(
    bootstrap: str, topic: str
) -> None:
    """Across several batches; the answer is the last row's offset."""
    await create_topics(bootstrap, [topic], partitions=PARTITIONS, config={"max.message.bytes": str(BATCH_BYTES)})
    sent = [*rows(400, size=20_000), Row(b"gone", None), Row(None, b"x", [("name", b"value")])]
    async with publisher(bootstrap) as subject:
        assert await subject.send(topic, 1, sent) == (len(sent) - 1, [])
        assert await subject.send(topic, 1, [Row(b"k", b"v")]) == (len(sent), [])
        assert await subject.send(topic, 2, []) == (-1, [])
    found = await read_to_end(bootstrap, topic)
    assert [(message.key, message.value) for message in found] == [
        (row.key, row.value) for row in [*sent, Row(b"k", b"v")]
    ]
    assert found[-2].headers == (("name", b"value"),)


async def test_delivery_key_lands_where_any_producer_puts_it(bootstrap: str, topic: str) -> None:
    """Tables rely on it: the ingress and other producers choose the partition by the same hash."""
    await create_topics(bootstrap, [topic], partitions=PARTITIONS)
    keys = [b"%d" % number for number in range(200)]
    await produce(bootstrap, topic, [Sent(b"v", key) for key in keys])
    async with publisher(bootstrap) as subject:
        found = {message.key: message.partition for message in await read_to_end(bootstrap, topic)}
        assert {key: subject.partition_of(key) for key in keys} == found


@pytest.mark.parametrize("as_owner", [False, True])
async def test_delivery_refused_batch_is_halved_to_the_guilty_rows(bootstrap: str, topic: str, as_owner: bool) -> None:
    """The limit is the batch's, so innocent rows are refused with it: they still go out, in order, exactly once."""
    await create_topics(bootstrap, [topic], partitions=PARTITIONS, config={"max.message.bytes": "5000"})
    sent = rows(200)
    for guilty in (0, 77, 78, 199):
        sent[guilty] = sent[guilty]._replace(value=b"x" * 6_000)
    async with publisher(bootstrap) as subject:
        await subject.take_over([(topic, 0)])
        last, refused = await subject.send(topic, 0, sent, as_owner=as_owner)
        assert [refusal.row.origin for refusal in refused] == [0, 77, 78, 199]
        assert last == 196
        again = rows(50)
        assert await subject.send(topic, 0, again, as_owner=as_owner) == (246, []), "the partition stays usable"
    assert await values(bootstrap, topic) == [
        None, *(row.value for row in sent if row.value != b"x" * 6_000), *(row.value for row in again)
    ]  # fmt: skip


async def test_delivery_row_larger_than_a_batch_of_ours_is_refused_alone(bootstrap: str, topic: str) -> None:
    """The producer could not even hold it; its neighbours go out."""
    await create_topics(bootstrap, [topic], partitions=PARTITIONS)
    sent = rows(3)
    sent[1] = sent[1]._replace(value=b"x" * (BATCH_BYTES + 1))
    async with publisher(bootstrap) as subject:
        refused = await subject.publish(topic, {0: sent, 1: rows(2)})
        assert [refusal.row.origin for refusal in refused] == [1]
    assert await values(bootstrap, topic) == [sent[0].value, sent[2].value, *(row.value for row in rows(2))]


async def test_delivery_concurrent_sends_to_a_partition_keep_each_in_one_piece(bootstrap: str, topic: str) -> None:
    """A turn and an effect's post may meet: one batch per partition is under way, so the order of each holds."""
    await create_topics(bootstrap, [topic], partitions=PARTITIONS)
    async with publisher(bootstrap) as subject:
        answers = await asyncio.gather(*(subject.send(topic, 0, rows(50)) for _turn in range(5)))
    assert sorted(last for last, _refused in answers) == [49, 99, 149, 199, 249]
    assert await values(bootstrap, topic) == [row.value for row in rows(50)] * 5


async def test_delivery_waits_while_the_broker_is_down_and_goes_on(own_kafka: Broker, topic: str) -> None:
    """`waiting_since` says so meanwhile; afterwards everything is there in order."""
    bootstrap = own_kafka.bootstrap
    await create_topics(bootstrap, [topic], partitions=PARTITIONS)
    async with publisher(bootstrap) as subject:
        await subject.send(topic, 0, rows(1))
        assert subject.waiting_since is None
        await asyncio.to_thread(own_kafka.kill)
        sending = asyncio.create_task(subject.send(topic, 0, rows(100)))

        async def waits() -> bool:
            return subject.waiting_since is not None

        await eventually(waits, what="the publisher waits")
        assert not sending.done()
        await asyncio.to_thread(own_kafka.start)
        _last, refused = await asyncio.wait_for(sending, 30)
        assert refused == []
        assert subject.waiting_since is None
    found = await values(bootstrap, topic)
    assert list(dict.fromkeys(found)) == [row.value for row in rows(100)]


@pytest.mark.torture
async def test_delivery_waits_while_the_broker_hangs_and_goes_on(own_kafka: Broker, topic: str) -> None:
    """A stopped process keeps connections open: the request times out; rows may be there twice, none is missing."""
    bootstrap = own_kafka.bootstrap
    await create_topics(bootstrap, [topic], partitions=PARTITIONS)
    async with publisher(bootstrap) as subject:
        await subject.send(topic, 0, rows(1))
        own_kafka.pause()
        sending = asyncio.create_task(subject.send(topic, 0, rows(100)))

        async def waits() -> bool:
            return subject.waiting_since is not None

        await eventually(waits, what="the publisher waits")
        own_kafka.resume()
        await asyncio.wait_for(sending, 30)
        assert subject.waiting_since is None
    assert set(await values(bootstrap, topic)) == {row.value for row in rows(100)}


async def test_delivery_owner_is_asked_before_the_first_rows_and_after_a_silence(bootstrap: str) -> None:
    """An answer holds for half a session; a worker that is no owner never gets as far as its rows."""
    answers = iter([True, True, False])
    async with publisher(bootstrap, owner=answers, session_seconds=2) as subject:
        await asyncio.gather(*(subject.ensure_owner() for _ in range(3)))
        await asyncio.sleep(1)  # the silence itself
        await subject.ensure_owner()
        await asyncio.sleep(1)
        with pytest.raises(FatalError, match="another one owns its partitions"):
            await subject.ensure_owner()
    assert list(answers) == []


async def overtaken(
    former: tuple[ConfirmedPublisher, str], owner: tuple[ConfirmedPublisher, str], on_its_way: asyncio.Event
) -> None:
    """Rows of the one are held on their way while the other takes over and writes; then they arrive, and are refused.

    Each with its own name of the changelog.
    """
    (hung, of_hung), (heir, of_heir) = former, owner
    on_its_way.clear()
    late = asyncio.create_task(hung.send(of_hung, 0, [Row(b"k", b"old")], as_owner=True))
    await heir.take_over([(of_heir, 0)])
    await heir.send(of_heir, 0, [Row(b"k", b"new")], as_owner=True)
    on_its_way.set()
    with pytest.raises(FatalError, match="another one owns its partitions"):
        await late


async def test_rows_on_their_way_when_another_worker_takes_over_are_refused(bootstrap: str, topic: str) -> None:
    """The broker itself refuses them, however late they arrive: an older row never lies behind a newer one."""
    on_its_way = asyncio.Event()
    await create_topics(bootstrap, [topic], partitions=PARTITIONS)
    on_its_way.set()
    async with (
        publisher(bootstrap, held=on_its_way) as former,
        publisher(bootstrap) as owner,
    ):
        await former.take_over([(topic, 0), (topic, 1)])
        await former.send(topic, 0, [Row(b"k", b"first")], as_owner=True)
        await overtaken((former, topic), (owner, topic), on_its_way)
        await former.send(topic, 1, [Row(b"k", b"mine")], as_owner=True)
    assert [value for value in await values(bootstrap, topic) if value is not None] == [b"first", b"new", b"mine"]


async def test_rows_of_a_rebuild_that_hung_until_its_state_was_live_are_refused(
    bootstrap: str, topic_prefix: str
) -> None:
    """A worker follows the rebuild in the state's changelogs, though it is in another group."""
    on_its_way = asyncio.Event()
    (table,) = TRACK_ATTENDANCE.tables
    rebuilt = names_of(topic_prefix, "stricter").changelog(table)
    live = Names(topic_prefix, "stricter", STATE_TABLES).changelog(table)
    await create_topics(bootstrap, [rebuilt], partitions=PARTITIONS)
    on_its_way.set()
    async with publisher(bootstrap, held=on_its_way) as rebuild, publisher(bootstrap) as worker:
        await rebuild.take_over([(rebuilt, 0)])
        await overtaken((rebuild, rebuilt), (worker, live), on_its_way)
    assert [value for value in await values(bootstrap, live) if value is not None] == [b"new"]


async def test_rows_of_an_owner_that_are_sent_again_land_once(own_kafka: Broker, topic: str) -> None:
    """The answer to a request gets lost while the broker hangs: what it has taken already, it takes once."""
    bootstrap = own_kafka.bootstrap
    await create_topics(bootstrap, [topic], partitions=PARTITIONS)
    async with publisher(bootstrap) as subject:
        await subject.take_over([(topic, 0)])
        own_kafka.pause()
        sending = asyncio.create_task(subject.send(topic, 0, rows(100), as_owner=True))

        async def waits() -> bool:
            return subject.waiting_since is not None

        await eventually(waits, what="the publisher waits")
        own_kafka.resume()
        assert await asyncio.wait_for(sending, 30) == (100, [])
        assert await subject.send(topic, 0, rows(1), as_owner=True) == (101, [])
    assert await values(bootstrap, topic) == [None, *(row.value for row in rows(100)), rows(1)[0].value]


async def test_delivery_of_a_fenced_worker_is_fatal(own_kafka: Broker, topic: str) -> None:
    """Silent for longer than its session, and another worker owns the partitions: its rows would be older ones."""
    bootstrap = own_kafka.bootstrap
    await create_topics(bootstrap, [topic], partitions=PARTITIONS)
    async with publisher(bootstrap, owner=[False], session_seconds=0.5) as subject:
        await subject.send(topic, 0, rows(1))
        await asyncio.to_thread(own_kafka.kill)
        with pytest.raises(FatalError, match="another one owns its partitions"):
            await asyncio.wait_for(subject.send(topic, 0, rows(1)), 40)
        await asyncio.to_thread(own_kafka.start)
