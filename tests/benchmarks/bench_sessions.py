"""One session of many people from first join to published results: `python -m tests.benchmarks.bench_sessions`.

For each size a worker process with the agent `track-attendance` alone, on a broker of its own, Zoom's answers given at
once. Printed per size: events per second while the session runs, changelog bytes per event, seconds from the end to the
last result, the longest turn in that time (nothing else is handled meanwhile), resident memory, and the seconds that a
worker with an empty data folder needs to recover the table. The last column compares the cost per event with that of
the smallest size.
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
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from prometheus_client import CollectorRegistry

from ops.entry import OBJECTS_BETWEEN_COLLECTIONS
from processors.agents import tracking_agent, tracking_rule
from processors.attendance import agent as track_attendance
from processors.attendance.settings import TrackingSettings
from processors.engine.faust_engine import Engine
from processors.engine.faust_worker import EngineWorker
from processors.engine.naming import Names, changelog_name
from runtime.event_loop import EventLoop
from runtime.kafka import KafkaConnection
from runtime.logs import configure_logging
from runtime.models import Configuration
from runtime.topics import ensure_topics
from sandbox.kafka import EmbeddedKafka
from schemas.instants import as_datetime, format_instant
from schemas.lookups import LOOKUP, LookupRequest, LookupResult
from schemas.topics import ATTENDANCE_RESULTS, LOOKUP_RESULTS, LOOKUPS, RAW_EVENTS
from tests.support.kafka import Message, end_offsets, produce, read_to_end
from tests.support.processes import eventually

ACCOUNT, OBJECT_ID, UUID = "bench", "93577204816", "cZq0bS1uWm5rXeTkQ0AA=="
START, LENGTH = 1_786_543_200, 3_600
SETTINGS = {
    "connectors": {"zoom": {"account_id": ACCOUNT}},
    "sessions": {"settle": "1s", "report_checks": []},
}
LIMIT_SECONDS = 550


def events(people: int) -> Iterator[Message]:
    """Everybody joins, then everybody leaves; everyone has an address."""
    yield _message("started", START)
    for person in range(people):
        yield _message("participant_joined", START + person % 1_200, person)
    for person in range(people):
        yield _message("participant_left", START + LENGTH - person % 300, person)


def _message(what: str, at: int, person: int | None = None) -> Message:
    item: dict[str, object] = {"id": OBJECT_ID, "uuid": UUID, "host_id": "host", "topic": "Roadmap", "type": 5,
                               "start_time": format_instant(START), "timezone": "UTC", "duration": 60}  # fmt: skip
    if what == "ended":
        item["end_time"] = format_instant(START + LENGTH)
    if person is not None:
        item["participant"] = {
            "user_id": str(16_778_240 + person), "user_name": f"Person {person}", "id": "", "participant_user_id": "",
            "registrant_id": "", "email": f"person{person:06d}@example.com",
            "participant_uuid": f"E61B9D04-7C3A-4E8F-B1D2-{person:012X}",
            "join_time" if what == "participant_joined" else "leave_time": format_instant(at),
        }  # fmt: skip
    payload = {"account_id": ACCOUNT, "object": item}
    body = {"event": f"webinar.{what}", "event_ts": at * 1000, "payload": payload}
    return Message(orjson.dumps(body), OBJECT_ID.encode())


async def serve(bootstrap: str, data_dir: Path) -> None:
    """Be the worker: a line of JSON when ready, then one a quarter of a second."""
    configure_logging("WARNING")
    configuration = Configuration.model_validate(SETTINGS)
    connection = KafkaConnection(bootstrap)
    await ensure_topics(
        connection, configuration.kafka, changelogs=[changelog_name(table) for table in track_attendance.SPEC.tables]
    )
    engine = Engine.build(connection, configuration.kafka, data_dir, Names(""), "0.0.0", CollectorRegistry())
    agent = tracking_agent(engine, tracking_rule(TrackingSettings.from_configuration(configuration)))
    worker = EngineWorker(engine, [agent])
    working = asyncio.create_task(worker.run(asyncio.Event()))
    longest, told_at = 0.0, 0.0
    while not working.done():
        now = time.monotonic()
        if agent.core.turn_began_at is not None:
            longest = max(longest, now - agent.core.turn_began_at)
        if now - told_at > 0.25:
            told_at = now
            rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            figures = {"ready": not worker.not_ready(), "handled": agent.core.handled, "longest_turn": longest,
                       "cpu": time.process_time(), "rss_mb": rss_mb}  # fmt: skip
            print(json.dumps(figures), flush=True)  # noqa: T201 (to the parent)
        await asyncio.sleep(0.005)
    await working


class Worker:
    """The worker process as its parent sees it."""

    def __init__(self, bootstrap: str, data_dir: str) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.bench_sessions", "--serve", bootstrap, data_dir]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.started_at = time.monotonic()

    async def until(self, name: str, at_least: float) -> dict[str, float]:
        """Read its lines until a figure is large enough."""
        while True:
            line = await asyncio.to_thread(self._process.stdout.readline)  # type: ignore[union-attr]
            assert line, "the worker ended"
            figures: dict[str, float] = json.loads(line)
            if figures[name] >= at_least:
                return figures

    def stop(self) -> None:
        """End it; it leaves the group, so that the next one need not wait for its session to expire."""
        self._process.terminate()
        self._process.communicate()


@contextmanager
def worker_process(bootstrap: str, data_dir: str) -> Iterator[Worker]:
    """A worker that is gone afterwards."""
    worker = Worker(bootstrap, data_dir)
    try:
        yield worker
    finally:
        worker.stop()


async def answer_lookups(bootstrap: str) -> None:
    """Be Zoom: nobody is registered, a panelist or an own user."""
    consumer = AIOKafkaConsumer(LOOKUPS.name, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await consumer.start()
    await producer.start()
    try:
        await _answer(consumer, producer)
    finally:
        await consumer.stop()
        await producer.stop()


async def _answer(consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
    async for record in consumer:
        request = LOOKUP.validate_json(record.value)
        assert isinstance(request, LookupRequest)
        result = LookupResult(
            request_id=request.request_id, lookup=request.lookup, account_id=ACCOUNT, object_id=request.object_id,
            object_type=request.object_type, session_uuid=request.session_uuid, outcome="found",
            answered_at=as_datetime(int(time.time())),
        )  # fmt: skip
        await producer.send(LOOKUP_RESULTS.name, result.to_bytes(), key=request.object_id.encode())


async def measure(people: int, say_kafka: bool) -> dict[str, float]:
    """All figures of one size."""
    async with AsyncExitStack() as stack:
        kafka = stack.enter_context(EmbeddedKafka(progress=print if say_kafka else None))
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        total = 2 * people + 1
        with worker_process(kafka.bootstrap, data_dir) as worker:
            ready = await worker.until("ready", 1)
            answering = asyncio.create_task(answer_lookups(kafka.bootstrap))
            began = time.monotonic()
            await produce(kafka.bootstrap, RAW_EVENTS.name, events(people))
            taken = await worker.until("handled", total)
            seconds = time.monotonic() - began
            size = await _changelog_bytes(kafka.bootstrap)
            ended = time.monotonic()
            await produce(kafka.bootstrap, RAW_EVENTS.name, [_message("ended", START + LENGTH)])
            await eventually(
                partial(_has_results, kafka.bootstrap, people), timeout_seconds=LIMIT_SECONDS, what="all results"
            )
            closing = time.monotonic() - ended
            last = await worker.until("handled", 0)
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
        rows = len(await read_to_end(kafka.bootstrap, changelog_name(track_attendance.SPEC.tables[0])))
        empty = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        with worker_process(kafka.bootstrap, empty) as worker:
            await worker.until("ready", 1)
            recovery = time.monotonic() - worker.started_at
    return {
        "people": people, "events_per_second": total / seconds,
        "cpu_us_per_event": (taken["cpu"] - ready["cpu"]) / total * 1e6, "bytes_per_event": size / total,
        "closing_seconds": closing, "longest_turn": last["longest_turn"], "rss_mb": last["rss_mb"],
        "changelog_rows": rows, "recovery_seconds": recovery,
    }  # fmt: skip


async def _has_results(bootstrap: str, people: int) -> bool:
    return sum((await end_offsets(bootstrap, ATTENDANCE_RESULTS.name)).values()) >= people


async def _changelog_bytes(bootstrap: str) -> int:
    messages = await read_to_end(bootstrap, changelog_name(track_attendance.SPEC.tables[0]))
    return sum(len(message.key or b"") + len(message.value or b"") for message in messages)


async def compare(sizes: list[int]) -> None:
    """Measure each size and print a table."""
    columns = ("people", "events_per_second", "cpu_us_per_event", "bytes_per_event", "closing_seconds",
               "longest_turn", "rss_mb", "changelog_rows", "recovery_seconds")  # fmt: skip
    print("  ".join(f"{name:>17}" for name in (*columns, "cpu_of_smallest")))  # noqa: T201
    first = None
    for number, people in enumerate(sizes):
        figures = await measure(people, say_kafka=number == 0)
        first = first or figures
        ratio = figures["cpu_us_per_event"] / first["cpu_us_per_event"]
        print("  ".join(f"{figures[name]:>17,.2f}" for name in columns), f"{ratio:>17.2f}", flush=True)  # noqa: T201


def main() -> None:
    """Parse what is asked for; `--serve` marks the worker's process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)  # this and the next as `rollcall worker` does
        gc.freeze()
        with asyncio.Runner(loop_factory=EventLoop) as runner:
            runner.run(serve(asked.serve[0], Path(asked.serve[1])))
    else:
        asyncio.run(asyncio.wait_for(compare(asked.sizes), LIMIT_SECONDS * len(asked.sizes)))


if __name__ == "__main__":
    main()
