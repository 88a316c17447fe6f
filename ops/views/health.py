"""What needs a person, and how the installation is, from what the topics say of it. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from console.views.health import is_silent
from ops.views import words
from readmodel.lines.operations import Freshness, Totals
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

    @property
    def alive(self) -> tuple[WorkerStatus, ...]:
        """Workers that spoke lately."""
        return tuple(each for each in self.workers if not is_silent(each.at, self.now))

    @property
    def silent(self) -> tuple[WorkerStatus, ...]:
        """Workers that said no farewell and say nothing any more."""
        return tuple(each for each in self.workers if is_silent(each.at, self.now))


def troubles(picture: Picture) -> Iterator[str]:
    """What a person has to look at, each with the next step; nothing of it: all is well."""
    if picture.stale:
        yield picture.stale
    if not picture.alive:
        yield "no worker is running: nothing is computed and nothing goes to Brevo; start `rollcall worker`"
    for each in picture.silent:
        yield f"worker {each.worker_id} has said nothing for {words.span((picture.now - each.at).total_seconds())}"
    for each in picture.alive:
        yield from _of_one(each)
    yield from _left(picture)


def _of_one(worker: WorkerStatus) -> Iterator[str]:
    for reason in worker.reasons if not worker.ready or worker.parked else ():
        yield f"worker {worker.worker_id}: {reason}"
    for family in worker.parked:
        yield f"calls to Brevo of `{family}` are parked: mend the cause, then `rollcall brevo resume`"


def _left(picture: Picture) -> Iterator[str]:
    if without := sum(each.without_contact for each in picture.alive):
        yield f"{words.counted(without, 'event')} wait for a contact that nothing brings: `rollcall effects`"
    totals = picture.totals
    if totals.in_doubt:
        yield f"{words.counted(totals.in_doubt, 'event')} in doubt: `rollcall effects --check`, then `effects resolve`"
    if totals.dead_letters:
        yield f"{words.counted(totals.dead_letters, 'dead letter')} of the last day: `rollcall dlq list`"
    if totals.rejected:
        yield (
            f"{words.counted(totals.rejected, 'command')} refused by Brevo in the last day: `rollcall session latest "
            "--people`; mend the cause, then `rollcall resync`"
        )


def stages(found: Sequence[Freshness]) -> Iterator[tuple[str, ...]]:
    """Rows of a table: stage, kind, count, p50, p95."""
    for each in found:
        stage = "at the ingress" if each.stage == "received" else "at Brevo"
        yield stage, each.kind, str(each.count), words.span(each.p50_seconds), words.span(each.p95_seconds)


def of_worker(worker: WorkerStatus, now: datetime) -> Iterator[str]:
    """One worker, line by line."""
    spoke = f", silent since {words.when(worker.at)}" if is_silent(worker.at, now) else ""
    ready = "ready" if worker.ready else "not ready"
    partitions = words.counted(len(worker.partitions), "partition")
    yield f"{worker.worker_id}  {worker.version}, {ready}, {partitions}{spoke}"
    lags = ", ".join(f"{each.name} {each.lag}" for each in worker.agents)
    yield f"  behind by records: {lags or 'nothing known'}"
    waiting = [
        f"{each.count} {each.what}{f' ({each.priority})' if each.priority else ''}"
        for each in worker.waiting
        if each.count
    ]
    if waiting:
        yield f"  waits: {', '.join(waiting)}"
    used = [_budget(each) for each in worker.budgets if each.used or each.held_seconds]
    yield f"  used: {', '.join(used) or 'nothing of any budget'}"


def _budget(budget: BudgetUse) -> str:
    """`66 of 200 contacts a second`, and how long Zoom makes it wait."""
    limit = "" if budget.limit is None else f" of {budget.limit:,.6g}"
    held = f" (held for {words.span(budget.held_seconds)})" if budget.held_seconds else ""
    account = f" of {budget.account_id}" if budget.account_id else ""
    return f"{budget.used or 0:,.0f}{limit} {budget.name}{account} {_PERIODS[budget.period]}{held}"
