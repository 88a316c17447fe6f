"""What needs a person, and how the installation is, from what the topics say of it. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from ops.views import words
from readmodel import health
from readmodel.lines.operations import Freshness, Totals
from readmodel.words import counted, span
from schemas.workers import BudgetUse, Period, WorkerStatus

_PERIODS: Mapping[Period, str] = MappingProxyType({"second": "a second", "hour": "an hour", "day": "a day"})


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole, at `now`."""

    now: datetime
    stale: str | None
    """Why the figures are not of now."""
    workers: tuple[WorkerStatus, ...]
    totals: Totals
    """Dead letters, refused and quarantined: of the last day."""
    freshness: tuple[Freshness, ...]
    """Of the last hour."""


def troubles(picture: Picture) -> Iterator[str]:
    """What a person has to look at, each with the next step; nothing of it: all is well."""
    for trouble in health.troubles(picture.now, picture.workers, picture.totals, picture.stale):
        yield f"{trouble.text}; next: `{trouble.step}`" if trouble.step else trouble.text


def stages(found: Sequence[Freshness]) -> Iterator[tuple[str, ...]]:
    """Rows of a table: stage, kind, count, p50, p95."""
    for delay in found:
        stage = "at the ingress" if delay.stage == "received" else "at Brevo"
        yield stage, delay.kind, str(delay.count), span(delay.p50_seconds), span(delay.p95_seconds)


def of_worker(worker: WorkerStatus, now: datetime) -> Iterator[str]:
    """One worker, line by line."""
    spoke = f", silent since {words.when(worker.at)}" if health.is_silent(worker.at, now) else ""
    ready = "ready" if worker.ready else "not ready"
    partitions = counted(len(worker.partitions), "partition")
    yield f"{worker.worker_id}  {worker.version}, {ready}, {partitions}{spoke}"
    lags = ", ".join(f"{agent.name} {agent.lag}" for agent in worker.agents)
    yield f"  behind by records: {lags or 'nothing known'}"
    waiting = [
        f"{work.count} {work.what}{f' ({work.priority})' if work.priority else ''}"
        for work in worker.waiting
        if work.count
    ]
    if waiting:
        yield f"  waits: {', '.join(waiting)}"
    used = [_budget(budget) for budget in worker.budgets if budget.used or budget.held_seconds]
    yield f"  used: {', '.join(used) or 'nothing of any budget'}"


def _budget(budget: BudgetUse) -> str:
    """`contacts 66 of 200 a second`, and how long Zoom makes it wait."""
    limit = "" if budget.limit is None else f" of {budget.limit:,.6g}"
    held = f" (held for {span(budget.held_seconds)})" if budget.held_seconds else ""
    account = f" ({budget.account_id})" if budget.account_id else ""
    return f"{budget.name}{account} {budget.used or 0:,.0f}{limit} {_PERIODS[budget.period]}{held}"
