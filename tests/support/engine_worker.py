"""A worker process of the engine with one agent, for tests: `python -m tests.support.engine_worker`.

It is told by `LAB_*` variables which rule to run, how slow to be, and where exactly to kill itself.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from prometheus_client import CollectorRegistry
from typing_extensions import override

from processors.engine.confirmed_publisher import ConfirmedPublisher, Refused, Row, build_producer
from processors.engine.due_clock import DueClock, RowDueTimes
from processors.engine.effect import RuleAlone
from processors.engine.faust_agent import BatchAgent
from processors.engine.faust_app import HEARTBEATS_PER_SESSION, build_faust_app
from processors.engine.faust_consumer import batch_scheduler, still_member
from processors.engine.faust_engine import Engine
from processors.engine.faust_tables import TablePartition
from processors.engine.faust_worker import EngineWorker
from processors.engine.fences import Fences
from processors.engine.metrics import EngineMetrics
from processors.engine.naming import Names
from processors.engine.spec import AgentSpec
from processors.worker.data_dir import locked_data_dir
from runtime.admin import AdminServer, Readiness
from runtime.event_loop import EventLoop
from runtime.exits import run_guarded
from runtime.kafka import KafkaConnection
from runtime.logs import configure_logging
from runtime.models import Kafka
from tests.support.engine_rules import (
    DUE,
    DUE_TABLE,
    OUTPUT,
    PENDING,
    SEEN,
    SOURCE,
    Courier,
    Journal,
    Reminders,
    SeenOnce,
    due_ms,
    tick,
)

NAME = "lab"
PARTITIONS = 6


@dataclass(frozen=True, slots=True)
class LabSettings:
    """What a test tells its worker."""

    connection: KafkaConnection
    data_dir: Path
    admin_port: int
    rule: str
    journal: Path
    slow_seconds: float
    max_records: int
    commit_seconds: float
    session_seconds: float
    kill_at: str
    """`outputs:3`: at the third output batch; also `changelog`, `store` and `acknowledge`. Empty: nowhere."""
    drops_recovered: int
    """So many of the first batches of changelogs that are fetched go by, as Faust drops them amid a rebalance."""
    file_bytes: int
    """No file may grow beyond that, as on a full disk; 0: as the system allows."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """From the environment of the process."""
        return cls(
            connection=KafkaConnection.from_environment(environment),
            data_dir=Path(environment["ROLLCALL_DATA_DIR"]),
            admin_port=int(environment["ADMIN_PORT"]),
            rule=environment["LAB_RULE"],
            journal=Path(environment["LAB_JOURNAL"]),
            slow_seconds=float(environment.get("LAB_SLOW_SECONDS", "0")),
            max_records=int(environment.get("LAB_MAX_RECORDS", "1000")),
            commit_seconds=float(environment.get("LAB_COMMIT_SECONDS", "0.25")),
            session_seconds=float(environment.get("LAB_SESSION_SECONDS", "2")),
            kill_at=environment.get("LAB_KILL_AT", ""),
            drops_recovered=int(environment.get("LAB_DROPS_RECOVERED", "0")),
            file_bytes=int(environment.get("LAB_FILE_BYTES", "0")),
        )


class KillPoint:
    """`kill -9` of the own process when a place is passed the n-th time."""

    def __init__(self, kill_at: str) -> None:
        self._place, _, times = kill_at.partition(":")
        self._left = int(times or 0)

    def passed(self, place: str) -> None:
        """Die here, if it is time."""
        if place != self._place:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch_store(self) -> None:
        """Pass `acknowledge` behind every write to the local store: nothing lies between it and the acknowledgement.

        A partition that is taken over only notes where it is: no rows, and nothing to acknowledge.
        """
        apply = TablePartition.apply

        def apply_and_pass(store: TablePartition, rows: Mapping[bytes, bytes | None], changelog_offset: int) -> None:
            apply(store, rows, changelog_offset)
            if rows:
                self.passed("acknowledge")

        TablePartition.apply = apply_and_pass  # type: ignore[assignment, method-assign]


def forgetful_scheduler(max_records: int, drops: int) -> type[Any]:
    """The engine's scheduler, but so many of the first batches of changelogs go by: fetched, and given to nobody."""
    left = drops

    class ForgetfulScheduler(batch_scheduler(max_records)):  # type: ignore[misc]
        def iterate(self, records: Any) -> Iterator[tuple[Any, Any]]:
            nonlocal left
            for tp, batch in super().iterate(records):
                if left and tp.topic.endswith("-changelog"):
                    left -= 1
                else:
                    yield tp, batch

    return ForgetfulScheduler


class MortalPublisher(ConfirmedPublisher):
    """The engine's publisher with places to die: while outputs are unconfirmed, before and after the changelog."""

    def __init__(self, *arguments: Any, kill_point: KillPoint, output_topic: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._kill_point = kill_point
        self._output_topic = output_topic

    @override
    async def send(
        self, topic: str, partition: int, rows: Sequence[Row], *, as_owner: bool = False
    ) -> tuple[int, list[Refused]]:
        if topic.endswith("-changelog"):
            self._kill_point.passed("changelog")
            answer = await super().send(topic, partition, rows, as_owner=as_owner)
            self._kill_point.passed("store")
            return answer
        if topic == self._output_topic:
            sending = asyncio.create_task(super().send(topic, partition, rows))
            await asyncio.sleep(0.001)  # on its way, not awaited: the broker may have it or not
            self._kill_point.passed("outputs")
            return await sending
        return await super().send(topic, partition, rows)


def main() -> int:
    """As the product's worker: exit codes, lock, uvloop."""
    return run_guarded(lambda: _run(LabSettings.read(os.environ)))


def _run(settings: LabSettings) -> None:
    if settings.file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (settings.file_bytes, settings.file_bytes))
    configure_logging("INFO")
    with locked_data_dir(settings.data_dir), asyncio.Runner(loop_factory=EventLoop) as runner:
        runner.run(_serve(settings))


async def _serve(settings: LabSettings) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    registry = CollectorRegistry()
    worker = _build_worker(settings, registry)

    def ready() -> Readiness:
        reasons = worker.not_ready()
        return Readiness(ok=not reasons, reasons=reasons)

    admin = AdminServer(
        "127.0.0.1", settings.admin_port, process="worker", live=worker.live, ready=ready, registry=registry
    )
    await admin.start()
    try:
        await worker.run(stop)
    finally:
        await admin.stop()


def _build_worker(settings: LabSettings, registry: CollectorRegistry) -> EngineWorker:
    connection, kill_point = settings.connection, KillPoint(settings.kill_at)
    kill_point.watch_store()
    app = build_faust_app(connection, Kafka(partitions=PARTITIONS), settings.data_dir)
    # Small, so that a test's few thousand records make many turns and a killed worker's partitions come back soon.
    conf: Any = app.conf
    conf.ConsumerScheduler = forgetful_scheduler(settings.max_records, settings.drops_recovered)
    conf.broker_commit_interval = settings.commit_seconds
    conf.broker_session_timeout = settings.session_seconds
    conf.broker_heartbeat_interval = settings.session_seconds / HEARTBEATS_PER_SESSION
    producer = build_producer(connection)
    publisher = MortalPublisher(
        producer,
        partitions=PARTITIONS,
        still_owner=lambda: still_member(app),
        session_seconds=settings.session_seconds,
        fences=Fences(producer),
        kill_point=kill_point,
        output_topic=OUTPUT.physical(connection.topic_prefix),
    )
    names = Names(connection.topic_prefix)
    engine = Engine(app, producer, publisher, EngineMetrics(registry), names, PARTITIONS, "0.0.0")
    return EngineWorker(engine, [_build_agent(settings, engine)])


def _build_agent(settings: LabSettings, engine: Engine) -> BatchAgent:
    journal = Journal(settings.journal)
    if settings.rule in ("seen-once", "seen-beside"):
        rule = SeenOnce(journal, slow_seconds=settings.slow_seconds)
        tables = (SEEN,) if settings.rule == "seen-once" else (SEEN, PENDING)
        return BatchAgent(engine, AgentSpec(NAME, (SOURCE,), tables), RuleAlone(rule))
    if settings.rule in ("errands", "errands-held"):
        courier = Courier(journal, held=settings.rule == "errands-held")
        return BatchAgent(engine, AgentSpec(NAME, (SOURCE,), (PENDING,)), courier)
    reminders, spec = Reminders(slow_seconds=settings.slow_seconds), AgentSpec(NAME, (SOURCE,), (DUE_TABLE,))
    if settings.rule == "reminders-held":
        return BatchAgent(engine, spec, RuleAlone(reminders))
    return BatchAgent(engine, spec, DueClock(reminders, RowDueTimes(DUE_TABLE, DUE, due_ms), tick=tick))


if __name__ == "__main__":
    sys.exit(main())
