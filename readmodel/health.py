"""What needs a person, decided once for pages and commands from what the topics say. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from readmodel.lines.operations import Totals
from readmodel.words import counted, span
from schemas.workers import WorkerStatus

SILENT_AFTER = timedelta(seconds=30)
"""A worker speaks every 5 s (`ops.workers.v1`); after so long without a word it is taken for dead."""
FORGOTTEN_AFTER = timedelta(days=1)
"""A worker that was killed and replaced under another name never speaks again: after so long it is nobody's work."""

TroubleSubject = Literal["installation", "in_doubt", "dead_letters", "rejected"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something for a person to do."""

    text: str
    step: str = ""
    """The next step, as a command; empty: the text says it."""
    subject: TroubleSubject = "installation"


def is_silent(at: datetime, now: datetime) -> bool:
    """Whether a worker has said nothing for so long that it is likely gone."""
    return now - at > SILENT_AFTER


def known(workers: Sequence[WorkerStatus], now: datetime) -> tuple[WorkerStatus, ...]:
    """Those that are not forgotten."""
    return tuple(worker for worker in workers if now - worker.at <= FORGOTTEN_AFTER)


def troubles(
    now: datetime, workers: Sequence[WorkerStatus], totals: Totals, stale: str | None = None
) -> Iterator[Trouble]:
    """What a person has to look at, the most urgent first; nothing of it: all is well.

    Quarantined deliveries and sessions that wait for Zoom's report are told elsewhere, and are nobody's work.

    Args:
        now: aware.
        workers: all that are known.
        totals: dead letters and what Brevo refused of the last day, what is in doubt of all time.
        stale: why the figures are not of now, in words; ``None``: they are.
    """
    alive = [worker for worker in workers if not is_silent(worker.at, now)]
    if stale:
        yield Trouble(stale)
    if not alive:
        yield Trouble("no worker is running: nothing is computed and nothing goes to Brevo", "rollcall worker")
    for worker in workers:
        if is_silent(worker.at, now):
            silence = span((now - worker.at).total_seconds())
            yield Trouble(f"Worker {worker.worker_id} has said nothing for {silence}: look whether it still runs")
    for worker in alive:
        yield from _of_one(worker)
    yield from _left(sum(worker.without_contact for worker in alive), totals)


def _of_one(worker: WorkerStatus) -> Iterator[Trouble]:
    for reason in worker.reasons if not worker.ready or worker.parked else ():
        yield Trouble(f"Worker {worker.worker_id}: {reason}")
    if worker.parked:
        families = ", ".join(f"`{family}`" for family in worker.parked)
        yield Trouble(f"calls to Brevo of {families} are parked: mend the cause", "rollcall brevo resume")


def _left(without_contact: int, totals: Totals) -> Iterator[Trouble]:
    if without_contact:
        wait = "waits" if without_contact == 1 else "wait"
        text = f"{counted(without_contact, 'event')} {wait} for a contact that nothing brings"
        yield Trouble(text, "rollcall effects")
    if totals.in_doubt:
        yield Trouble(f"{counted(totals.in_doubt, 'event')} in doubt", "rollcall effects --check", "in_doubt")
    if totals.dead_letters:
        text = f"{counted(totals.dead_letters, 'dead letter')} of the last day"
        yield Trouble(text, "rollcall dlq list", "dead_letters")
    if totals.rejected:
        text = f"{counted(totals.rejected, 'command')} refused by Brevo in the last day: mend the cause"
        yield Trouble(text, "rollcall resync", "rejected")
