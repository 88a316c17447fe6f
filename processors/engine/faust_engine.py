"""What all agents of one process share: the Faust app, the producer that confirms, names and figures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import faust
from aiokafka import AIOKafkaProducer
from prometheus_client import CollectorRegistry

from processors.engine.breaker import CircuitBreaker
from processors.engine.confirmed_publisher import ConfirmedPublisher, build_producer
from processors.engine.faust_app import build_faust_app
from processors.engine.faust_consumer import still_member
from processors.engine.fences import Fences
from processors.engine.metrics import EngineMetrics
from processors.engine.naming import APP_ID, Names
from processors.engine.stopping import stop_at_once
from runtime.kafka import KafkaConnection
from runtime.models import Kafka


@dataclass(frozen=True, slots=True)
class History:
    """How records are taken that were written long ago, where a rebuild reads them once more."""

    topics: frozenset[str] = frozenset()
    """Logical names: their records count as taken when they were written."""
    paced: Callable[[int], Awaitable[None]] | None = None
    """Is told after each turn how many of them it had, and returns when the next one may begin."""


@dataclass(slots=True)
class Engine:
    """Of a worker, or of a rebuild; `EngineWorker` runs it."""

    app: faust.App
    producer: AIOKafkaProducer
    """Started and stopped by `EngineWorker`."""
    publisher: ConfirmedPublisher
    """Through that producer."""
    metrics: EngineMetrics
    names: Names
    partitions: int
    version: str
    stop: Callable[[str], None] = stop_at_once
    """Ends the process at once, unacknowledged (code 70)."""
    history: History = History()
    breaker: Callable[[], CircuitBreaker] = CircuitBreaker
    """Makes that of an agent."""

    @classmethod
    def build(
        cls,
        connection: KafkaConnection,
        kafka: Kafka,
        data_dir: Path,
        names: Names,
        version: str,
        registry: CollectorRegistry,
        *,
        group: str = APP_ID,
        history: History = History(),
        breaker: Callable[[], CircuitBreaker] = CircuitBreaker,
    ) -> Self:
        """Compose it; nothing is started. `group`: without the installation's prefix.

        Raises:
            ConfigurationError: another version of Faust is installed, or the Kafka security settings do not fit.
        """
        app, producer = build_faust_app(connection, kafka, data_dir, group), build_producer(connection)
        publisher = ConfirmedPublisher(
            producer,
            partitions=kafka.partitions,
            still_owner=lambda: still_member(app),
            session_seconds=kafka.session,
            fences=Fences(producer),
        )
        metrics = EngineMetrics(registry)
        return cls(
            app, producer, publisher, metrics, names, kafka.partitions, version, history=history, breaker=breaker
        )
