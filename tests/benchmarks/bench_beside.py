"""What the worker costs with a read model beside it, and without: `python -m tests.benchmarks.bench_beside`.

Pairs of runs, with and without by turns, each of the *track* variant of `bench_worker` on a backlog of its own. Beside
it a process follows the same topics into SQLite, as the console does, from the worker's first row on: each event passes
through both once. On a machine of few cores the two, and Kafka, share them: the worker's CPU says what the read model
costs it, its events per second also what the cores were busy with.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from processors.attendance import agent as track_attendance
from processors.engine.naming import changelog_name
from readmodel.database import opened
from readmodel.projector import Projector
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.topics import ensure_topics
from sandbox.kafka import EmbeddedKafka
from schemas.topics import RAW_EVENTS
from tests.benchmarks.bench_worker import PARTITIONS, Task, backlog, measure
from tests.support.kafka import produce_to_new
from tests.support.processes import eventually
from tests.support.read_model import sqlite_url

Figures = dict[str, float]


async def follow(kafka: KafkaConnection) -> None:
    """Until the process is killed; a line with its number of records for each batch."""
    async with AIOKafkaConsumer(**kafka.client_options()) as consumer:
        rows = [
            TopicPartition(f"{kafka.topic_prefix}{changelog_name(table)}", partition)
            for table in track_attendance.SPEC.tables
            for partition in range(PARTITIONS)
        ]

        async def begun() -> bool:
            return any((await consumer.end_offsets(rows)).values())

        await eventually(begun, what="the worker has written a row", timeout_seconds=120)
    with tempfile.TemporaryDirectory() as folder, opened(sqlite_url(Path(folder)), kafka.topic_prefix) as database:
        await Projector(database, kafka, heard=lambda count: print(count, flush=True)).follow(asyncio.Event())  # noqa: T201 (to the parent)


@contextmanager
def projecting(bootstrap: str, prefix: str, told: Path) -> Iterator[None]:
    """With that process beside; `told` gets its lines."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_beside", f"--bootstrap={bootstrap}", f"--prefix={prefix}"]
    with told.open("w") as out, subprocess.Popen(command, stdout=out) as process:
        try:
            yield
        finally:
            process.kill()


def run(bootstrap: str, number: int, events: int, *, beside: bool) -> Figures:
    """One run on topics of its own; `projected`: so many records were projected meanwhile."""
    prefix = f"bench{number}-"
    changelogs = [changelog_name(table) for table in track_attendance.SPEC.tables]
    connection = KafkaConnection(bootstrap, topic_prefix=prefix)
    asyncio.run(ensure_topics(connection, Kafka(partitions=PARTITIONS), changelogs=changelogs))
    asyncio.run(produce_to_new(bootstrap, RAW_EVENTS.physical(prefix), backlog(events)))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        task, told = Task("track", bootstrap, prefix, events, folder), Path(folder) / "projected"
        if not beside:
            return measure(task, None)
        with projecting(bootstrap, prefix, told):
            figures = measure(task, None)
        return figures | {"projected": sum(map(int, told.read_text().split()))}


def tell(pairs: Sequence[tuple[Figures, Figures]]) -> None:
    """A line per pair, and the median of the ratios."""
    print(f"\n{'':6} {'CPU s per 10k':>18} {'events/s':>22}")  # noqa: T201
    print(f"{'pair':6} {'without':>9} {'with':>8} {'without':>13} {'with':>8} {'projected':>10}")  # noqa: T201
    for number, (without, beside) in enumerate(pairs, 1):
        cpu, rate = "cpu_seconds_per_10k", "events_per_second"
        print(  # noqa: T201
            f"{number:<6} {without[cpu]:>9.3f} {beside[cpu]:>8.3f} {without[rate]:>13,.0f} {beside[rate]:>8,.0f} "
            f"{beside['projected']:>10,.0f}"
        )
    for name, what in (("cpu_seconds_per_10k", "the worker's CPU"), ("events_per_second", "events per second")):
        ratio = statistics.median(beside[name] / without[name] for without, beside in pairs)
        print(f"{what} with the read model, of that without: {ratio:.2f} (median)")  # noqa: T201


def main() -> None:
    """Measure; `--bootstrap` marks the process beside."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--bootstrap", help=argparse.SUPPRESS)
    parser.add_argument("--prefix", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.bootstrap:
        asyncio.run(follow(KafkaConnection(asked.bootstrap, topic_prefix=asked.prefix)))
    with EmbeddedKafka(progress=print) as kafka:
        numbers = iter(range(2 * asked.pairs))
        pairs = []
        for pair in range(asked.pairs):
            turns = (False, True) if pair % 2 == 0 else (True, False)
            found = {beside: run(kafka.bootstrap, next(numbers), asked.events, beside=beside) for beside in turns}
            print({name: round(value, 3) for name, value in found[True].items()})  # noqa: T201
            pairs.append((found[False], found[True]))
        tell(pairs)


if __name__ == "__main__":
    main()
