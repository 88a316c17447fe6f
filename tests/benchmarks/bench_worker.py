"""Events per second of the worker on a backlog: `python -m tests.benchmarks.bench_worker`.

One run, one broker, one backlog of participant events, each variant in a process of its own:

- *bare*: aiokafka alone, which parses each event and publishes it again, a batch per partition and poll: the ceiling;
- *track*: the engine with the rule of `track-attendance`, its table in RocksDB and its changelog, all confirmed;
- *rebuild*: the same as `rollcall rebuild start` runs it, with the agent behind it and the answers that were kept;
- *plain*: an ordinary Faust agent with a table in memory and one output per event, nothing awaited to the confirmation.

Compare the ratios: the broker and everything else on the machine take their part of the same cores.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import faust
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from prometheus_client import CollectorRegistry

from ops.entry import OBJECTS_BETWEEN_COLLECTIONS
from processors import rebuild_app
from processors.agents import tracking_agent, tracking_rule
from processors.attendance import agent as track_attendance
from processors.attendance.settings import TrackingSettings
from processors.engine.faust_engine import Engine
from processors.engine.faust_worker import EngineWorker
from processors.engine.naming import Names, changelog_name
from processors.rebuild_app import RebuildOrder, RebuildProgress, run_rebuild
from processors.rebuild_app import create_topics as create_rebuild_topics
from runtime.event_loop import EventLoop
from runtime.kafka import KafkaConnection
from runtime.logs import configure_logging
from runtime.models import Configuration, Connectors, Kafka, ZoomAccount
from runtime.topics import ensure_topics
from sandbox.kafka import EmbeddedKafka
from schemas.instants import format_instant, parse_instant
from schemas.topics import RAW_EVENTS
from tests.support.kafka import Message, create_topics, produce_to_new, read_to_end

PARTITIONS = 6
MEETINGS = 1_000
EXAMPLE = Path("schemas/examples/zoom.events.raw.v1/meeting.participant_joined__host.json")
LIMIT_SECONDS = 300
_LOOK_SECONDS = 0.005
"""Between looks how far it is, at a worker and at a rebuild alike."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a variant's process is told."""

    variant: str
    bootstrap: str
    prefix: str
    events: int
    """How many to handle."""
    data_dir: str

    @property
    def source(self) -> str:
        """The topic with the backlog."""
        return RAW_EVENTS.physical(self.prefix)

    @property
    def output(self) -> str:
        """Where *bare* and *plain* publish."""
        return f"{self.prefix}{self.variant}.outputs"


@dataclass
class Meter:
    """From the first event seen to be handled to the last: start and joining the group do not count."""

    target: int
    done: asyncio.Event = field(default_factory=asyncio.Event)
    _begin: tuple[int, float, float] | None = None

    def handled(self, count: int) -> None:
        """So many events altogether are done with."""
        if count and self._begin is None:
            self._begin = (count, time.monotonic(), time.process_time())
        elif count >= self.target and self._begin and not self.done.is_set():
            first, at, cpu = self._begin
            seconds, events = time.monotonic() - at, count - first
            figures = {
                "events_per_second": events / seconds,
                "cpu_seconds_per_10k": (time.process_time() - cpu) / events * 10_000,
                "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
            print(json.dumps(figures), flush=True)  # noqa: T201 (to the parent)
            self.done.set()


def backlog(events: int) -> Iterator[Message]:
    """Joins of all connections, meeting by meeting in turn, then their leaves; in the size of Zoom's example."""
    event = orjson.loads(EXAMPLE.read_bytes())
    item = event["payload"]["object"]
    person = item["participant"]
    joined = parse_instant(person["join_time"])
    assert joined is not None
    connections = max(1, events // 2 // MEETINGS)
    for number in range(events):
        connection, leaves = number // MEETINGS % connections, number >= events // 2
        meeting = number % MEETINGS
        item["id"], item["uuid"] = f"84215{meeting:06d}", f"{meeting:06d}w3sRzGm4yBhK1xVdA=="
        person["participant_uuid"] = f"{meeting:08X}-93B4-4F0D-8A2E-{connection:012X}"
        person["user_id"], person["email"] = f"{16_778_240 + connection}", f"person{connection:04d}@example.com"
        person["participant_user_id"] = person["id"] = f"kR3vQpZlTN6wYb1{connection:07d}"
        at = format_instant(joined + connection + (3_000 if leaves else 0))
        person.pop("join_time", None), person.pop("leave_time", None)
        person["leave_time" if leaves else "join_time"] = at
        event["event"] = "meeting.participant_left" if leaves else "meeting.participant_joined"
        event["event_ts"] += 7
        yield Message(orjson.dumps(event), item["id"].encode())


async def run_bare(task: Task, meter: Meter) -> None:
    """The least that any worker does: fetch, parse, publish, wait for the broker."""
    consumer = AIOKafkaConsumer(bootstrap_servers=task.bootstrap, enable_auto_commit=False, max_poll_records=16_000)
    producer = AIOKafkaProducer(bootstrap_servers=task.bootstrap, acks="all", max_batch_size=1_000_000)
    await consumer.start()
    await producer.start()
    partitions = [TopicPartition(task.source, number) for number in range(PARTITIONS)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    handled = 0
    while not meter.done.is_set():
        polled = await consumer.getmany(timeout_ms=200)
        confirmations = []
        for partition, records in polled.items():
            batch = producer.create_batch()
            for record in records:
                value = orjson.dumps(orjson.loads(record.value))
                if batch.append(timestamp=None, key=record.key, value=value) is None:
                    confirmations.append(await producer.send_batch(batch, task.output, partition=partition.partition))
                    batch = producer.create_batch()
                    batch.append(timestamp=None, key=record.key, value=value)
            confirmations.append(await producer.send_batch(batch, task.output, partition=partition.partition))
        await asyncio.gather(*confirmations)
        handled += sum(len(records) for records in polled.values())
        meter.handled(handled)


async def run_plain(task: Task, meter: Meter) -> None:
    """Faust as its guide shows it."""
    app = faust.App(
        f"{task.prefix}plain",
        broker=f"kafka://{task.bootstrap}",
        store="memory://",
        datadir=task.data_dir,
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        topic_disable_leader=True,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
    )
    raw: dict[str, Any] = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    source, output = app.topic(task.source, **raw), app.topic(task.output, **raw)
    table: Any = app.Table("connections", partitions=PARTITIONS, key_type=str, value_type=str)
    handled = 0

    async def agent(stream: Any) -> None:
        nonlocal handled
        async for key, value in stream.items():
            item = orjson.loads(value)["payload"]["object"]
            person = item["participant"]
            table[f"{item['uuid']}|{person['participant_uuid']}"] = person.get("join_time") or person["leave_time"]
            await output.send(key=key, value=value)
            handled += 1
            meter.handled(handled)

    app.agent(source, name="plain")(agent)
    await app.start()
    await meter.done.wait()


async def run_track(task: Task, meter: Meter) -> None:
    """The product's agent in the product's engine."""
    configuration = Configuration(connectors=Connectors(zoom=(ZoomAccount(account_id="any"),)))
    connection = KafkaConnection(task.bootstrap, topic_prefix=task.prefix)
    kafka = Kafka(partitions=PARTITIONS)
    await ensure_topics(connection, kafka, changelogs=[changelog_name(table) for table in track_attendance.SPEC.tables])
    engine = Engine.build(connection, kafka, Path(task.data_dir), Names(task.prefix), "0.0.0", CollectorRegistry())
    agent = tracking_agent(engine, tracking_rule(TrackingSettings.from_configuration(configuration)))
    working = asyncio.create_task(EngineWorker(engine, [agent]).run(meter.done))
    while not meter.done.is_set():
        assert not working.done(), working.exception()
        meter.handled(agent.core.handled)
        await asyncio.sleep(_LOOK_SECONDS)
    await working


async def run_rebuilt(task: Task, meter: Meter) -> None:
    """The product's rebuild, from the beginning of the topic."""
    zoom = Connectors(zoom=(ZoomAccount(account_id="any"),))
    configuration = Configuration(connectors=zoom, kafka=Kafka(partitions=PARTITIONS))
    connection, order = KafkaConnection(task.bootstrap, topic_prefix=task.prefix), RebuildOrder("bench")
    await create_rebuild_topics(connection, configuration, order.state)

    async def tell(progress: RebuildProgress) -> None:
        meter.handled(progress.handled)

    with patch.object(rebuild_app, "LOOK_SECONDS", _LOOK_SECONDS):
        await run_rebuild(order, configuration, connection, Path(task.data_dir), "0.0.0", meter.done, tell)


RUNS: dict[str, Callable[[Task, Meter], Awaitable[None]]] = {
    "bare": run_bare,
    "track": run_track,
    "rebuild": run_rebuilt,
    "plain": run_plain,
}


def run_child(task: Task) -> None:
    """Be the process of one variant."""
    configure_logging("WARNING")

    async def run() -> None:
        meter = Meter(task.events)
        await asyncio.wait_for(RUNS[task.variant](task, meter), LIMIT_SECONDS)

    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)  # this and the next as `rollcall worker` does
    gc.freeze()
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        runner.run(run())


def measure(task: Task, spy: Path | None) -> dict[str, float]:
    """Run a variant in a process of its own; with `spy`, py-spy writes its stacks there."""
    arguments = [f"--{name}={getattr(task, name)}" for name in ("variant", "bootstrap", "prefix", "events")]
    command = [sys.executable, "-m", "tests.benchmarks.bench_worker", *arguments, f"--data-dir={task.data_dir}"]
    if spy:
        stacks = ["-f", "raw", "-r", "200", "-t", "-o", str(spy / f"{task.variant}.stacks")]
        command = [str(Path(sys.executable).with_name("py-spy")), "record", *stacks, "--", *command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        figures = next((json.loads(line) for line in process.stdout if line.startswith("{")), None)
        if spy:
            process.stdout.read()  # py-spy writes its file, then says so
        else:
            process.kill()
    assert figures is not None, f"{task.variant} ended without a figure"
    return {name: float(value) for name, value in figures.items()}


async def prepare(stack: AsyncExitStack, events: int, say: Callable[[str], None]) -> tuple[str, str]:
    """A broker with the backlog: its address and the prefix of all topics."""
    kafka = stack.enter_context(EmbeddedKafka(progress=say))
    prefix = "bench-"
    outputs = [f"{prefix}{variant}.outputs" for variant in RUNS]
    await create_topics(kafka.bootstrap, [RAW_EVENTS.physical(prefix), *outputs], partitions=PARTITIONS)
    say(f"producing {events:,} events of {len(next(backlog(events)).value or b'')} bytes")
    await produce_to_new(kafka.bootstrap, RAW_EVENTS.physical(prefix), backlog(events))
    return kafka.bootstrap, prefix


async def changelog_costs(bootstrap: str, prefix: str, events: int) -> str:
    """Rows and bytes that one event costs."""
    rows = [
        message
        for table in track_attendance.SPEC.tables
        for message in await read_to_end(bootstrap, f"{prefix}{changelog_name(table)}")
    ]
    size = sum(len(row.key or b"") + len(row.value or b"") for row in rows)
    return f"{len(rows) / events:.2f} changelog rows and {size / events:.0f} bytes of them per event"


async def compare(events: int, plain_events: int, variants: list[str], spy: Path | None) -> None:
    """Measure all variants and print a table."""
    async with AsyncExitStack() as stack:
        bootstrap, prefix = await prepare(stack, events, say=print)
        results: dict[str, dict[str, float]] = {}
        for variant in variants:
            data_dir = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            count = plain_events if variant == "plain" else events
            results[variant] = await asyncio.to_thread(measure, Task(variant, bootstrap, prefix, count, data_dir), spy)
            print(variant, {name: round(value, 3) for name, value in results[variant].items()})  # noqa: T201
        costs = await changelog_costs(bootstrap, prefix, events) if "track" in results else ""
    print(f"\n{'variant':8} {'events/s':>10} {'CPU s per 10k':>14} {'RSS MB':>8} {'of bare':>8}")  # noqa: T201
    for variant, figures in results.items():
        rate, bare = figures["events_per_second"], results.get("bare", figures)["events_per_second"]
        print(  # noqa: T201
            f"{variant:8} {rate:>10,.0f} {figures['cpu_seconds_per_10k']:>14.2f} {figures['rss_mb']:>8.0f} "
            f"{rate / bare:>8.2f}"
        )
    print(f"track: {costs}" if costs else "")  # noqa: T201


def main() -> None:
    """Parse what is asked for; `--bootstrap` marks the process of one variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--plain-events", type=int, default=20_000, help="for the plain agent, which takes long")
    parser.add_argument("--variant", choices=RUNS, action="append", help="only these")
    parser.add_argument("--spy", type=Path, help="a folder for py-spy's stacks of each variant")
    for name in ("bootstrap", "prefix", "data-dir"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.bootstrap:
        run_child(Task(asked.variant[0], asked.bootstrap, asked.prefix, asked.events, asked.data_dir))
    else:
        asyncio.run(compare(asked.events, asked.plain_events, asked.variant or list(RUNS), asked.spy))


if __name__ == "__main__":
    main()
