"""What a worker tells of itself is what its figures say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from processors.brevo.writer.metrics import BrevoMetrics
from processors.worker.status import Condition, Sample, Usage, WorkerIdentity, totals, worker_status

AT = datetime(2026, 8, 12, 11, 30, tzinfo=UTC)
IDENTITY = WorkerIdentity("worker-1.4f6c2a91", "0.1.0", AT, account_calls_per_hour=100)
SAMPLES = [
    Sample("rollcall_worker_partitions", {"agent": "sync-contact"}, 3),
    Sample("rollcall_worker_lag_records", {"agent": "sync-contact"}, 40),
    Sample("rollcall_zoom_lookups_pending", {}, 2),
    Sample("rollcall_brevo_waiting", {"family": "contacts", "priority": "live"}, 31),
    Sample("rollcall_brevo_waiting", {"family": "contacts", "priority": "bulk"}, 0),
    Sample("rollcall_brevo_parked", {"family": "campaigns"}, 1),
    Sample("rollcall_brevo_parked", {"family": "contacts"}, 0),
    Sample("rollcall_brevo_in_doubt", {}, 1),
    Sample("rollcall_brevo_allowed_per_second", {"family": "account"}, 0.5),
    Sample("rollcall_brevo_calls_total", {"family": "account", "outcome": "ok"}, 20),
    Sample("rollcall_brevo_calls_total", {"family": "account", "outcome": "invalid"}, 5),
    Sample("rollcall_zoom_permits_total", {"account": "a", "label": "heavy"}, 9),
    Sample("rollcall_zoom_rate_limit", {"account": "a", "label": "heavy"}, 8),
    Sample("rollcall_zoom_held_seconds", {"account": "a", "label": "heavy"}, 12.34),
    Sample("rollcall_zoom_daily_limit", {"account": "a", "pool": "heavy"}, 30_000),
    Sample("rollcall_zoom_daily_calls", {"account": "a", "pool": "heavy"}, 118),
]


def test_status_has_every_figure_in_its_place() -> None:
    """Of what waits and is parked only what is; calls of all outcomes together; limits beside what was used."""
    usage = Usage()
    usage.note(0, {})
    usage.note(5, totals(SAMPLES))
    status = worker_status(IDENTITY, Condition(AT, True, ("because",), (0, 4)), SAMPLES, usage)
    assert (status.ready, status.reasons, status.partitions) == (True, ("because",), (0, 4))
    assert [(agent.name, agent.partitions, agent.lag) for agent in status.agents] == [("sync-contact", 3, 40)]
    assert [(work.what, work.priority, work.count) for work in status.waiting] == [
        ("look-ups", None, 2),
        ("contacts", "live", 31),
    ]
    assert (status.parked, status.in_doubt, status.without_contact) == (("campaigns",), 1, 0)
    assert [
        (budget.name, budget.period, budget.used, budget.limit, budget.held_seconds) for budget in status.budgets
    ] == [
        ("heavy", "second", 1.8, 8, 12.3),
        ("heavy", "day", 118, 30_000, 0),
        ("account", "second", 5, 0.5, 0),
        ("account", "hour", 25, 100, 0),
    ]


def test_status_reads_the_labels_that_the_metrics_have() -> None:
    """What the sink counts as waiting is found under its family and priority."""
    registry = CollectorRegistry()
    BrevoMetrics(registry).waiting.labels("mails", "bulk").set(7)
    samples = [Sample(*sample[:3]) for metric in registry.collect() for sample in metric.samples]
    status = worker_status(IDENTITY, Condition(AT, True, (), ()), samples, Usage())
    assert [(work.what, work.priority, work.count) for work in status.waiting[1:]] == [("mails", "bulk", 7)]


def test_status_of_a_worker_that_waits_for_kafka_is_one_too() -> None:
    """Before there is an agent there are no figures."""
    status = worker_status(IDENTITY, Condition(AT, False, ("waiting for Kafka",), ()), [], Usage())
    assert (status.agents, status.budgets, status.partitions) == ((), (), ())


@pytest.mark.parametrize(("seconds", "calls"), [(1, 2.0), (60, 120), (3_600, 7_200)])
def test_usage_counts_what_lies_within_the_time(seconds: int, calls: float) -> None:
    """Two calls a second for three hours; what is older than an hour is forgotten."""
    usage = Usage()
    for at in range(0, 10_800, 5):
        usage.note(at, {"contacts": 2 * at})
    assert usage.within("contacts", seconds) == calls
