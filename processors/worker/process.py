"""What a worker's process tells of itself: on its admin port, in its log, to others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from processors.engine.faust_worker import EngineWorker
from processors.engine.halt import Halt
from processors.worker.readiness_log import Situation
from processors.worker.reporting import now, worker_id
from processors.worker.settings import WorkerSettings
from processors.worker.status import Condition, WorkerIdentity
from runtime.admin import Readiness


class Reasoned(Protocol):
    """An effect that may wait for a person."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it does."""


class WorkerProcess:
    """What the admin port tells of the process, from its first moment on."""

    def __init__(self) -> None:
        self.worker: EngineWorker | None = None
        self.effects: tuple[Reasoned, ...] = ()
        self.halt: Halt | None = None
        """Why nothing is begun."""

    def live(self) -> bool:
        """Waiting for Kafka is life; a stuck engine is none."""
        return self.worker is None or self.worker.live()

    def ready(self) -> Readiness:
        """Not ready while partitions or Kafka are awaited; with the reasons, also why Zoom or Brevo are."""
        if self.halt is not None:
            return Readiness(ok=False, reasons=(f"{self.halt}; `rollcall worker --resume` goes on behind it",))
        if self.worker is None:
            return Readiness(ok=False, reasons=("waiting for Kafka",))
        waiting = self.worker.not_ready()
        return Readiness(
            ok=not waiting, reasons=waiting + tuple(reason for of in self.effects for reason in of.reasons)
        )

    def situation(self) -> Situation | None:
        """What its log tells of; nothing before the engine runs."""
        if self.worker is None:
            return None
        reasons = self.worker.not_ready()
        return Situation(not reasons, self.worker.kafka_is_away, reasons, self.worker.partitions)

    def condition(self) -> Condition:
        """What others are told of it."""
        ready = self.ready()
        return Condition(now(), ready.ok, ready.reasons, self.worker.partitions if self.worker else ())


def identity_of(settings: WorkerSettings) -> WorkerIdentity:
    """Who it is among others, from now on."""
    return WorkerIdentity(
        worker_id=worker_id(settings.environment.data_dir),
        version=settings.version,
        started_at=now(),
        account_calls_per_hour=settings.configuration.brevo.account_calls_per_hour,
    )


def facts_of(settings: WorkerSettings) -> Mapping[str, object]:
    """What it says of itself when it is ready."""
    environment = settings.environment
    return {
        "version": settings.version,
        "worker": worker_id(environment.data_dir),
        "brokers": environment.kafka.bootstrap_servers,
    }
