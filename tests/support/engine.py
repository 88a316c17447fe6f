"""A laboratory for the engine: what was produced is remembered, and compared with what workers left behind."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import rocksdict
from prometheus_client.parser import text_string_to_metric_families

from processors.engine.confirmed_publisher import FENCE_KEY
from processors.engine.naming import APP_ID, changelog_name
from sandbox.kafka import free_port
from tests.support.engine_rules import DUE_TABLE, OUTPUT, PENDING, SEEN, SOURCE
from tests.support.kafka import Message, committed_offsets, create_topics, end_offsets, produce, read_to_end
from tests.support.processes import Process, eventually, module_command, running

MEETINGS, PEOPLE = 97, 29
FILLING = "z" * 500


@dataclass(frozen=True, slots=True)
class LabWorker:
    """A worker process and where its tables are."""

    process: Process
    data_dir: Path
    admin_port: int

    @property
    def readiness_url(self) -> str:
        """200 when it has its partitions and Kafka takes records."""
        return f"http://127.0.0.1:{self.admin_port}/health/ready"

    async def until_ready(self, timeout_seconds: float = 40) -> None:
        """Wait until it owns partitions whose tables are recovered."""
        await self.process.until_http(self.readiness_url, timeout_seconds=timeout_seconds)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found besides what must hold."""

    repeated_inputs: int
    """Records handled again after they had reached the state."""
    repeated_outputs: int


class Lab:
    """Topics of one test on one broker, its workers, and the truth about what went in. Use `laboratory`."""

    def __init__(self, bootstrap: str, prefix: str, directory: Path, stack: ExitStack) -> None:
        self.bootstrap = bootstrap
        self.source, self.output = SOURCE.physical(prefix), OUTPUT.physical(prefix)
        self.dead_letters = SOURCE.dead_letter.physical(prefix)
        self.group = f"{prefix}{APP_ID}"
        self._prefix = prefix
        self._directory = directory
        self._stack = stack
        self._journal = directory / "journal"
        self._next = 0
        self._truth: defaultdict[str, set[int]] = defaultdict(set)
        self._sent: set[int] = set()

    async def create_topics(self, *, output_batch_bytes: int | None = None) -> None:
        """All topics of the tests' agents; `output_batch_bytes`: the broker refuses larger output batches."""
        limit = {} if output_batch_bytes is None else {"max.message.bytes": str(output_batch_bytes)}
        await create_topics(self.bootstrap, [self.source, self.dead_letters], config={"max.message.bytes": "2097152"})
        await create_topics(self.bootstrap, [self.output], config=limit)
        changelogs = [f"{self._prefix}{changelog_name(table)}" for table in (SEEN, PENDING, DUE_TABLE)]
        await create_topics(self.bootstrap, changelogs, config={"cleanup.policy": "compact"})

    async def produce(self, count: int, *, codec: str | None = None, **trouble: Any) -> list[int]:
        """Send `count` events with fresh ids, which are returned; those that ask for trouble are not in the truth."""
        messages, ids = [], range(self._next, self._next + count)
        self._next += count
        for number in ids:
            meeting, person = f"m{number % MEETINGS}", f"p{number // MEETINGS % PEOPLE}"
            is_lost = trouble.keys() & {"poison", "state"} or trouble.get("error", "retry") != "retry"
            if not is_lost:
                self._truth[f"{meeting}|{person}"].add(number)
                if "pad" not in trouble:
                    self._sent.add(number)
            event = {"i": number, "m": meeting, "p": person, "filling": FILLING, **trouble}
            messages.append(Message(json.dumps(event).encode(), meeting.encode()))
        await produce(self.bootstrap, self.source, messages, codec=codec)
        return list(ids)

    def worker(self, *, data: str = "a", rule: str = "seen-once", **settings: object) -> LabWorker:
        """Start a worker; `data` names its folder, `settings` are those of `engine_worker` (`slow_seconds=0.001`)."""
        data_dir, admin_port = self._directory / f"data-{data}", free_port()
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "KAFKA_TOPIC_PREFIX": self._prefix,
            "ROLLCALL_DATA_DIR": str(data_dir),
            "ADMIN_PORT": str(admin_port),
            "LAB_RULE": rule,
            "LAB_JOURNAL": str(self._journal),
            **{f"LAB_{name.upper()}": str(value) for name, value in settings.items()},
        }
        log = self._directory / f"worker-{data}.log"
        command = module_command("tests.support.engine_worker")
        process = self._stack.enter_context(running(command, log=log, env=environment, is_forked=True))
        return LabWorker(process, data_dir, admin_port)

    async def outputs(self) -> int:
        """How many outputs there are by now."""
        return sum((await end_offsets(self.bootstrap, self.output)).values())

    async def committed(self) -> int:
        """How many records the group has acknowledged."""
        return sum((await committed_offsets(self.bootstrap, self.group, self.source)).values())

    async def until_outputs(self, worker: LabWorker, more_than: int) -> None:
        """Wait until so many outputs are there: the worker is in the middle of its backlog."""

        async def there() -> bool:
            assert worker.process.exit_code is None, worker.process.describe()
            return await self.outputs() > more_than

        await eventually(there, what=f"more than {more_than} outputs", tell=worker.process.describe)

    async def until_acknowledged(self, worker: LabWorker, timeout_seconds: float = 60) -> None:
        """Wait until every record is acknowledged to the group's coordinator."""

        async def all_of_them() -> bool:
            assert worker.process.exit_code is None, worker.process.describe()
            ends = await end_offsets(self.bootstrap, self.source)
            committed = await committed_offsets(self.bootstrap, self.group, self.source)
            return committed == {partition: end for partition, end in ends.items() if end}

        await eventually(
            all_of_them,
            timeout_seconds=timeout_seconds,
            what="all records are acknowledged",
            tell=worker.process.describe,
        )

    async def metric(self, worker: LabWorker, name: str) -> float:
        """The sum of a metric's samples at a running worker."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{worker.admin_port}/metrics") as answer,
        ):
            families = text_string_to_metric_families(await answer.text())
            return sum(sample.value for family in families for sample in family.samples if sample.name == name)

    def journal(self) -> list[dict[str, Any]]:
        """What rules and effects wrote down, of all workers in order."""
        return [json.loads(line) for line in self._journal.read_text().splitlines()] if self._journal.exists() else []

    async def read(self, topic: str) -> list[dict[str, Any]]:
        """The values of a topic."""
        return [json.loads(message.value or b"") for message in await read_to_end(self.bootstrap, topic)]

    async def logged(self, table: str) -> dict[bytes, bytes]:
        """The rows that a worker without a data folder would recover."""
        changelog = f"{self._prefix}{changelog_name(table)}"
        rows = {message.key or b"": message.value for message in await read_to_end(self.bootstrap, changelog)}
        return {key: value for key, value in rows.items() if value is not None}

    async def verify(self, stopped: LabWorker | None = None) -> Verdict:
        """Nothing is lost, changelog and store hold the truth, no key is on two partitions.

        Args:
            stopped: a worker that owned every partition when it stopped: its local store is read.
        """
        sent = Counter(output["i"] for output in await self.read(self.output))
        assert self._sent - set(sent) == set(), "outputs are lost"
        rows: defaultdict[str, dict[int, set[int]]] = defaultdict(dict)
        for message in await read_to_end(self.bootstrap, f"{self._prefix}{changelog_name(SEEN)}"):
            assert message.key is not None
            assert message.partition is not None
            if message.key == FENCE_KEY:
                continue
            rows[message.key.decode()][message.partition] = set(json.loads(message.value or b"[]"))
        assert [key for key, partitions in rows.items() if len(partitions) > 1] == []
        assert {key: next(iter(partitions.values())) for key, partitions in rows.items()} == self._truth
        if stopped is not None:
            assert {key.decode(): set(json.loads(value)) for key, value in stored(stopped, SEEN)} == self._truth
        repeated = sum("repeated" in line for line in self.journal())
        return Verdict(repeated_inputs=repeated, repeated_outputs=sent.total() - len(sent))


def stored(worker: LabWorker, table: str) -> Iterator[tuple[bytes, bytes]]:
    """The rows of all partitions in the database files of a stopped worker."""
    assert worker.process.exit_code is not None
    for path in worker.data_dir.glob(f"**/{table}-*.db"):
        options = rocksdict.Options(raw_mode=True)
        database = rocksdict.Rdict(str(path), options, access_type=rocksdict.AccessType.read_only())
        for key, value in database.items():
            assert isinstance(key, bytes)
            if not key.startswith(b"__faust"):
                yield key, value
        database.close()


@contextmanager
def laboratory(bootstrap: str, prefix: str, directory: Path) -> Iterator[Lab]:
    """A lab whose workers are killed at the end, whatever happened."""
    with ExitStack() as stack:
        yield Lab(bootstrap, prefix, directory, stack)


async def produce_events(lab: Lab, events: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Send (key, event) in order, for rules other than the first."""
    await produce(lab.bootstrap, lab.source, [Message(json.dumps(e).encode(), key.encode()) for key, e in events])
