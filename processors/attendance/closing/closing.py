"""From the end of a session to its published results, in steps of bounded work. PURE.

A work is a row of phases. Each step runs through as many of them as its budget allows, and asks for the next step by a
message to the own agent only when that is spent, so that a session of 100,000 people never holds up the others and one
of a few takes a single step. State and position are in the job's row: a restart goes on where it stood.
"""

from __future__ import annotations

from processors.attendance.book import (
    Book,
    DueWork,
    Job,
    expires_ms,
    go_on,
    load_job,
    look_at,
    not_due,
    save_job,
)
from processors.attendance.closing.due import next_due_ms, works_due
from processors.attendance.closing.ending import ask_for_ends
from processors.attendance.closing.other_works import take_other_step
from processors.attendance.closing.reports import ask_due_reports
from processors.attendance.closing.session_work import take_session_step
from processors.attendance.closing.states import take_back_discarded
from processors.attendance.known.groups import groups_of
from processors.attendance.known.questions import Scope, is_lost, is_open
from schemas.instants import HOUR_MS

_PATIENCE_MS = HOUR_MS
"""After so long work that is still under way is asked to go on once more."""


def close_due(book: Book) -> None:
    """The job's time has come: begin with what has news that count now, and give up on what fell silent."""
    job = load_job(book)
    not_due(book, job)
    # One clock tick begins the work of many ids: each follows from what brought its own news.
    book.view.lineage = job.lineage
    ask_for_ends(book, job)
    ask_due_reports(book, job)
    if job.work is not None:
        if any(is_lost(book, Scope.parse(wait)) for wait in job.work.waits):
            # The phase asks again; whom a walk asked about, the next one meets once more.
            job.work.waits, job.work.renewed = [], True
        _see_to(book, job, job.work)
    else:
        job.queue = works_due(book, job)
        if not (job.changed_at or job.registrations):
            job.lineage = None
        _begin_next(book, job)
    save_job(book, job)


def resume_closing(book: Book) -> None:
    """An answer came in: go on if it was the last one that the work waited for."""
    job = load_job(book)
    work = job.work
    if work is None and job.registrations:
        close_due(book)  # nobody has to wait for the clock to be told that they are registered
        return
    if work is None or not work.waits or any(is_open(book, Scope.parse(wait)) for wait in work.waits):
        return
    work.waits = []
    _take_step(book, job, work)


def step_closing(book: Book, number: int) -> None:
    """Do the next bounded piece of the work; a stale continuation does nothing."""
    job = load_job(book)
    work = job.work
    if work is not None and work.step == number and not work.waits:
        _take_step(book, job, work)


def _take_step(book: Book, job: Job, work: DueWork) -> None:
    work.step += 1
    book.view.lineage = work.lineage
    if work.kind == "session":
        is_done = take_session_step(book, job, work)
    else:
        is_done = take_other_step(book, work)
        job.undecided = job.undecided or load_job(book).undecided  # telling registrations may have noted it
    if is_done:
        _begin_next(book, job)
    elif not work.waits:
        go_on(book, work)
    save_job(book, job)


def _begin_next(book: Book, job: Job) -> None:
    """Start the next work of the queue; with none left the job rests until something is due."""
    job.work = None
    while job.queue:
        kind, name, *runs = job.queue.pop(0)
        if (work := _work(book, kind, name, runs)) is not None:
            work.lineage = book.view.lineage
            job.work = work
            _see_to(book, job, work)
            return
    _rest(book, job)


def _work(book: Book, kind: str, name: str, runs: list[str]) -> DueWork | None:
    if kind == "session":
        # Of the runs as they were when it was due: news of one that has joined them since do not count yet.
        has_ended = any(group.ended for group in groups_of(book) if group.uuids[0] == name)
        return DueWork("session", name, runs) if has_ended else None
    return DueWork("retraction" if kind == "retraction" else "registrations", name)


def _rest(book: Book, job: Job) -> None:
    """Look again when news count, time makes something final, or rows have expired."""
    take_back_discarded(book)
    at_ms = next_due_ms(book, job)
    if at_ms is not None:
        look_at(book, job, max(at_ms, book.now_ms))
    if not (job.registrations or job.changed_at or job.planned):
        _await_expiry(book, job)


def _await_expiry(book: Book, job: Job) -> None:
    expiring = expires_ms(book, book.settings.retain)
    expired = sorted(uuid for uuid, at_ms in expiring.items() if at_ms <= book.now_ms)
    if expired:
        job.work = DueWork("expiry", expired[0])
        _see_to(book, job, job.work)
    elif expiring:
        look_at(book, job, min(expiring.values()))
    else:
        job.undecided = False  # nothing is left to decide it by


def _see_to(book: Book, job: Job, work: DueWork) -> None:
    """Go on, and see later whether it went: Kafka deletes a continuation that nobody reads for a day.

    One that comes a second time is stale, and does nothing.
    """
    if not work.waits:
        go_on(book, work)
    look_at(book, job, book.now_ms + _PATIENCE_MS)
