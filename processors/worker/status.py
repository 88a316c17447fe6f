"""How a worker is, as `ops.workers.v1` carries it: made of the figures that the admin port shows. PURE."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from schemas.instants import SECONDS_PER_HOUR
from schemas.workers import AgentStatus, BudgetUse, Period, WaitingWork, WorkerStatus

Figures = Callable[[str], Sequence["Sample"]]
"""The samples of a name."""


class Sample(NamedTuple):
    """One figure, as `prometheus_client` has it."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(slots=True)
class Usage:
    """Calls within the last second and hour, from counters that only grow and are looked at every few seconds.

    >>> usage = Usage()
    >>> usage.note(0.0, {"contacts": 10}); usage.note(5.0, {"contacts": 30})
    >>> usage.within("contacts", 1), usage.within("contacts", 3_600)
    (4.0, 20)
    """

    _noted: deque[tuple[float, Mapping[str, float]]] = field(default_factory=deque)

    def note(self, at: float, totals: Mapping[str, float]) -> None:
        """The counters stand so at `at`, seconds that never go back."""
        self._noted.append((at, totals))
        while len(self._noted) > 2 and self._noted[1][0] <= at - SECONDS_PER_HOUR:
            self._noted.popleft()

    def within(self, name: str, seconds: int) -> float | None:
        """Calls within so many seconds before the last look: on average, where looks are farther apart."""
        if len(self._noted) < 2:
            return None
        until, latest = self._noted[-1]
        since, before = next((noted for noted in reversed(self._noted) if noted[0] <= until - seconds), self._noted[0])
        calls = latest.get(name, 0.0) - before.get(name, 0.0)
        return round(calls * seconds / (until - since), 2) if until - since > seconds else calls


@dataclass(frozen=True, slots=True)
class WorkerIdentity:
    """What does not change while a worker runs."""

    worker_id: str
    version: str
    started_at: datetime
    account_calls_per_hour: float
    """What Brevo allows of `account` calls."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How it is now, besides its figures."""

    at: datetime
    ready: bool
    reasons: tuple[str, ...]
    partitions: tuple[int, ...]


def totals(samples: Iterable[Sample]) -> dict[str, float]:
    """What `Usage` counts: calls by family at Brevo, and by account and label at Zoom."""
    found: dict[str, float] = {}
    for name, labels, value in samples:
        if name == "rollcall_brevo_calls_total":
            found[labels["family"]] = found.get(labels["family"], 0.0) + value
        elif name == "rollcall_zoom_permits_total":
            found[_zoom(labels)] = value
    return found


def worker_status(identity: WorkerIdentity, now: Condition, samples: Iterable[Sample], usage: Usage) -> WorkerStatus:
    """The record."""
    figures: dict[str, list[Sample]] = {}
    for sample in samples:
        figures.setdefault(sample.name, []).append(sample)

    def of(name: str) -> list[Sample]:
        return figures.get(name, [])

    def number(name: str) -> int:
        return int(sum(sample.value for sample in of(name)))

    lags = {sample.labels["agent"]: int(sample.value) for sample in of("rollcall_worker_lag_records")}
    return WorkerStatus(
        worker_id=identity.worker_id,
        version=identity.version,
        started_at=identity.started_at,
        at=now.at,
        ready=now.ready,
        reasons=now.reasons,
        partitions=now.partitions,
        agents=tuple(
            AgentStatus(name=name, partitions=int(sample.value), lag=lags.get(name, 0))
            for sample in of("rollcall_worker_partitions")
            for name in (sample.labels["agent"],)
        ),
        waiting=(
            WaitingWork(what="look-ups", count=number("rollcall_zoom_lookups_pending")),
            *_waiting(of("rollcall_brevo_waiting")),
        ),
        budgets=(*_of_zoom(of, usage), *_of_brevo(of, usage, identity)),
        parked=tuple(sample.labels["family"] for sample in of("rollcall_brevo_parked") if sample.value),
        in_doubt=number("rollcall_brevo_in_doubt"),
        without_contact=number("rollcall_brevo_events_without_contact"),
    )


def _waiting(samples: Iterable[Sample]) -> Iterator[WaitingWork]:
    for sample in samples:
        if sample.value:
            what, priority = sample.labels["family"], sample.labels["priority"]
            yield WaitingWork.model_validate({"what": what, "priority": priority, "count": int(sample.value)})


def _of_zoom(of: Figures, usage: Usage) -> Iterator[BudgetUse]:
    held = {_zoom(sample.labels): sample.value for sample in of("rollcall_zoom_held_seconds")}
    for sample in of("rollcall_zoom_rate_limit"):
        name = _zoom(sample.labels)
        yield BudgetUse(
            name=sample.labels["label"],
            account_id=sample.labels["account"],
            period="second",
            used=usage.within(name, 1),
            limit=sample.value,
            held_seconds=round(held.get(name, 0.0), 1),
        )
    limits = {
        (sample.labels["account"], sample.labels["pool"]): sample.value for sample in of("rollcall_zoom_daily_limit")
    }
    for sample in of("rollcall_zoom_daily_calls"):
        account_id, pool = sample.labels["account"], sample.labels["pool"]
        limit = limits.get((account_id, pool))
        yield BudgetUse(name=pool, account_id=account_id, period="day", used=sample.value, limit=limit)


def _of_brevo(of: Figures, usage: Usage, identity: WorkerIdentity) -> Iterator[BudgetUse]:
    for sample in of("rollcall_brevo_allowed_per_second"):
        name = sample.labels["family"]
        yield _use(name, "second", usage.within(name, 1), sample.value)
        hourly = identity.account_calls_per_hour if name == "account" else None
        yield _use(name, "hour", usage.within(name, SECONDS_PER_HOUR), hourly)


def _use(name: str, period: Period, used: float | None, limit: float | None) -> BudgetUse:
    return BudgetUse(name=name, period=period, used=used, limit=limit)


def _zoom(labels: Mapping[str, str]) -> str:
    return f"{labels['account']}|{labels['label']}"
