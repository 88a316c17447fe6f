"""Copies per second of a replay without its brakes, beside consuming and producing alone.

`python -m tests.benchmarks.bench_replay`. One run, one broker, one backlog of participant events as the ingress
publishes them, one process, variants in turn:

- *plain*: aiokafka's consumer and producer, a `send` a record, each poll's awaited: what a script would do;
- *batches*: the same with a batch per partition and poll, nothing looked at: the ceiling;
- *replay*: every record is parsed and asked whether it is selected, its copy made, published in batches, the progress
  noted. It waits for no worker and has no rate.

Compare the ratios: the broker takes its part of the same cores.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from ingress.envelope import Delivery, to_record
from ops.posting import posting_to
from ops.replay.beginning import begun, planned
from ops.replay.copier import copier
from ops.replay.copies import Copying
from ops.replay.runner import ReplayTools, Runner
from ops.replay.store import Orders
from ops.replay.tails import tails
from ops.selection.expression import parse_selection
from ops.selection.finding import SessionsByWords
from runtime.kafka import KafkaConnection
from runtime.lenient_json import parse_json
from runtime.models import Kafka
from runtime.topics import ensure_topics
from sandbox.kafka import EmbeddedKafka
from schemas.topics import RAW_EVENTS, REPLAYS
from tests.benchmarks.bench_worker import PARTITIONS, backlog
from tests.support.kafka import Message, create_topics, produce_to_new

UNLIMITED = 1_000_000_000
PREFIX = "bench-"
OUTPUT = f"{PREFIX}outputs"


def records(events: int) -> list[Message]:
    """As the ingress publishes them, headers and all."""
    made = []
    for message in backlog(events):
        body = message.value or b""
        delivery = Delivery(body, b"", b"", "", time.time())
        record = to_record(delivery, parse_json(body), "any")
        made.append(Message(record.value, record.key, tuple(record.headers)))
    return made


async def run_plain(connection: KafkaConnection, events: int) -> float:
    """Seconds."""
    return await _copied(connection, events, _send_each)


async def run_batches(connection: KafkaConnection, events: int) -> float:
    """Seconds."""
    return await _copied(connection, events, _send_batches)


Polled = dict[TopicPartition, list[Any]]


async def _copied(
    connection: KafkaConnection, events: int, send: Callable[[AIOKafkaProducer, Polled], Awaitable[None]]
) -> float:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=connection.bootstrap_servers, enable_auto_commit=False, max_poll_records=2_000
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=connection.bootstrap_servers, acks="all", max_batch_size=1_000_000, linger_ms=0
    )
    await consumer.start()
    await producer.start()
    try:
        partitions = [TopicPartition(RAW_EVENTS.physical(PREFIX), number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        began, done = time.monotonic(), 0
        while done < events:
            polled = await consumer.getmany(timeout_ms=200)
            await send(producer, polled)
            done += sum(map(len, polled.values()))
        return time.monotonic() - began
    finally:
        await producer.stop()
        await consumer.stop()


async def _send_each(producer: AIOKafkaProducer, polled: Polled) -> None:
    sent = [
        await producer.send(
            OUTPUT, record.value, key=record.key, headers=list(record.headers), partition=where.partition
        )
        for where, found in polled.items()
        for record in found
    ]
    await asyncio.gather(*sent)


async def _send_batches(producer: AIOKafkaProducer, polled: Polled) -> None:
    sent = []
    for where, found in polled.items():
        batch = producer.create_batch()
        for record in found:
            row = {
                "timestamp": record.timestamp,
                "key": record.key,
                "value": record.value,
                "headers": list(record.headers),
            }
            if batch.append(**row) is None:
                sent.append(await producer.send_batch(batch, OUTPUT, partition=where.partition))
                batch = producer.create_batch()
                batch.append(**row)
        sent.append(await producer.send_batch(batch, OUTPUT, partition=where.partition))
    await asyncio.gather(*sent)


async def run_replay(connection: KafkaConnection, events: int) -> float:
    """Seconds from the first record read to the last copy acknowledged."""
    selection = parse_selection("topic=raw type=meeting.*", SessionsByWords(()), datetime.now(UTC))
    kafka = Kafka(partitions=PARTITIONS)
    async with (
        posting_to(connection, kafka, REPLAYS) as posting,
        tails(connection) as source,
        tails(connection) as said,
        copier(connection) as to_topic,
    ):
        plan = await planned(source, selection, lambda *_: None)
        assert plan.count == events, "copies of an earlier turn are not selected"
        replay = await begun(source, plan, reason="a benchmark", rate=UNLIMITED, re_emit=False, operator="bench")
        orders = await Orders.of(said, replay.replay_id)
        runner = Runner(
            replay, Copying(selection, replay.lineage, ()), ReplayTools(source, orders, posting, to_topic, None)
        )
        await runner.claim()
        began = time.monotonic()
        done = await runner.run()
        assert done.published == events
        return time.monotonic() - began


RUNS: dict[str, Callable[[KafkaConnection, int], Awaitable[float]]] = {
    "plain": run_plain,
    "batches": run_batches,
    "replay": run_replay,
}


async def compare(events: int, turns: int) -> None:
    """Measure all variants by turns, and print the median of each."""
    with EmbeddedKafka(progress=print) as kafka:
        connection = KafkaConnection(kafka.bootstrap, topic_prefix=PREFIX)
        await ensure_topics(connection, Kafka(partitions=PARTITIONS))
        await create_topics(kafka.bootstrap, [OUTPUT], partitions=PARTITIONS)
        print(f"producing {events:,} events")  # noqa: T201
        await produce_to_new(kafka.bootstrap, RAW_EVENTS.physical(PREFIX), records(events))
        rates: dict[str, list[float]] = {name: [] for name in RUNS}
        for _turn in range(turns):
            for name, run in RUNS.items():
                rates[name].append(events / await run(connection, events))
    middle = {name: median(rate) for name, rate in rates.items()}
    print(f"\n{'variant':8} {'records/s':>10} {'of plain':>9} {'of batches':>11}")  # noqa: T201
    for name, rate in middle.items():
        print(f"{name:8} {rate:>10,.0f} {rate / middle['plain']:>9.2f} {rate / middle['batches']:>11.2f}")  # noqa: T201


def main() -> None:
    """Parse what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    asyncio.run(compare(asked.events, asked.turns))


if __name__ == "__main__":
    main()
