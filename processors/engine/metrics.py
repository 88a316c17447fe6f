"""The engine's figures, `rollcall_worker_*`; labels name agents and topics, never people."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class EngineMetrics:
    """One object per worker process, registered in the registry given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.records = Counter(
            "rollcall_worker_records_total",
            "Records handled, by agent and topic",
            ["agent", "topic"],
            registry=registry,
        )
        self.outputs = Counter(
            "rollcall_worker_outputs_total", "Records published, by agent", ["agent"], registry=registry
        )
        self.changes = Counter(
            "rollcall_worker_changelog_rows_total", "Changelog rows, by agent", ["agent"], registry=registry
        )
        self.dead_letters = Counter(
            "rollcall_worker_dead_letters_total", "Records sent to a dead-letter topic", ["agent", "topic"],
            registry=registry,
        )  # fmt: skip
        self.skipped = Counter(
            "rollcall_worker_skipped_total", "Records that are known and not ours", ["agent", "topic"],
            registry=registry,
        )  # fmt: skip
        self.retries = Counter(
            "rollcall_worker_turn_retries_total", "Turns that a rule asked to do again later", ["agent"],
            registry=registry,
        )  # fmt: skip
        self.turn_seconds = Histogram(
            "rollcall_worker_turn_seconds", "Seconds from taking a batch to its acknowledgement", ["agent"],
            buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30), registry=registry,
        )  # fmt: skip
        self.partitions = Gauge(
            "rollcall_worker_partitions", "Partitions this worker owns, by agent", ["agent"], registry=registry
        )
        self.lag = Gauge(
            "rollcall_worker_lag_records", "Records in the topics not yet handled, by agent", ["agent"],
            registry=registry,
        )  # fmt: skip
