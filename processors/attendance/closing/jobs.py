"""The closing of a webinar or meeting as a row: what is to be computed anew, when, and how far it is. PURE."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from processors.attendance.book.keys import TABLE, due_key, key
from processors.engine.view import View
from schemas.codec import pack, unpack
from schemas.instants import as_datetime
from schemas.ticks import Tick
from schemas.topics import TICKS

Phase = Literal["ask", "wait", "identify", "index", "publish", "forget"]


@dataclass(slots=True)
class Run:
    """One occurrence being computed."""

    occurrence: str
    instances: list[str]
    phase: Phase = "ask"
    cursor: str = ""
    """Where the walk of the phase goes on."""
    step: int = 0
    """Grows with each step; a continuation that names another one is stale."""
    scopes: list[str] = field(default_factory=list)
    """Look-ups whose answers the run waits for."""
    next_phase: Phase = "ask"
    """What follows the waiting."""
    asked_again: bool = False
    """Zoom's registrants were read once more for ids that nobody knows."""
    counts: dict[str, int] = field(default_factory=dict)
    differences: list[list[str]] = field(default_factory=list)
    """[contact, side, reason] of whom Zoom's list of absentees disagrees."""
    settled: int = 0
    """Instances whose report the walk of *identify* has seen: one that settles later brings people to ask about."""

    @property
    def waits(self) -> bool:
        """Whether answers are awaited; they, not a continuation, lead on."""
        return self.phase == "wait"

    def enter(self, phase: Phase) -> None:
        """Begin a phase at its first row."""
        self.phase, self.cursor = phase, ""


@dataclass(slots=True)
class Job:
    """What is due for one object id. At most one run at a time."""

    due_ms: int | None = None
    dirty: list[str] = field(default_factory=list)
    """Instances with news since their occurrence was last computed."""
    queue: list[str] = field(default_factory=list)
    """Occurrences still to be computed in this round, or to be retracted."""
    run: Run | None = None


def load_job(view: View, object_id: str) -> Job:
    """The job's row, or an idle job."""
    data = view.get(TABLE, key("j", object_id))
    if data is None:
        return Job()
    due_ms, dirty, queue, run = unpack(data)
    return Job(due_ms, dirty, queue, Run(*run) if run else None)


def save_job(view: View, object_id: str, job: Job) -> None:
    """Write the job's row; an idle one leaves none."""
    row_key = key("j", object_id)
    if job == Job():
        view.delete(TABLE, row_key)
        return
    run = job.run
    fields = run and [
        run.occurrence, run.instances, run.phase, run.cursor, run.step, run.scopes, run.next_phase, run.asked_again,
        run.counts, run.differences, run.settled,
    ]  # fmt: skip
    view.put(TABLE, row_key, pack([job.due_ms, job.dirty, job.queue, fields]))


def schedule(view: View, object_id: str, job: Job, at_ms: int) -> bool:
    """Look at the job at `at_ms`, unless it is due earlier anyway; true when the job's row has changed."""
    if job.due_ms is not None and job.due_ms <= at_ms:
        return False
    if job.due_ms is not None:
        view.delete(TABLE, due_key(job.due_ms, object_id))
    job.due_ms = at_ms
    view.put(TABLE, due_key(at_ms, object_id), b"1")
    return True


def mark_dirty(view: View, object_id: str, uuid: str, at_ms: int) -> None:
    """There is news of an instance: compute its occurrence anew at `at_ms`.

    A run that has not begun to walk through people yet will see the news anyway.
    """
    job = load_job(view, object_id)
    run = job.run
    if run and uuid in run.instances and run.phase in ("ask", "wait", "identify") and not run.cursor:
        return
    changed = uuid not in job.dirty
    if changed:
        job.dirty.append(uuid)
    if schedule(view, object_id, job, at_ms) or changed:
        save_job(view, object_id, job)


def send_continuation(view: View, object_id: str, run: Run, now_ms: int) -> None:
    """Ask for the run's next step: a message to the own agent, so that other work comes in between."""
    tick = Tick(kind="continue", now=as_datetime(now_ms // 1000), job=f"{object_id}#{run.step}")
    view.send(TICKS.name, object_id.encode(), tick)
