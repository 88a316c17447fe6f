"""From the end of a session to its published results, in steps of bounded work. PURE.

A work is a row of phases. Each step runs through as many of them as its budget allows, and asks for the next step by a
message to the own agent only when that is spent, so that a session of 100,000 people never holds up the others and one
of a few takes a single step. State and position are in the job's row: a restart goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Callable

from processors.attendance.book import (
    REGISTRATION,
    RESULT,
    RUN,
    SESSION,
    Book,
    DueWork,
    Job,
    PublishedSession,
    WorkKind,
    delete_expired,
    expires_ms,
    go_on,
    load_job,
    look_at,
    not_due,
    save_job,
)
from processors.attendance.closing.asking import Asking
from processors.attendance.closing.due import next_due_ms, works_due
from processors.attendance.closing.ending import ask_for_ends
from processors.attendance.closing.filing import Filing
from processors.attendance.closing.publishing import Publishing
from processors.attendance.closing.reports import ask_due_reports
from processors.attendance.closing.results import retract_result, retract_summary
from processors.attendance.closing.states import take_back_states
from processors.attendance.closing.step import ClosingStep, Progress
from processors.attendance.known.described import is_wanted
from processors.attendance.known.exclusion import Exclusion
from processors.attendance.known.groups import groups_of, run_rows
from processors.attendance.known.questions import Scope, is_lost, is_open
from processors.attendance.known.recordings import Recordings
from processors.attendance.known.registrants import Registrants
from processors.attendance.rules.recordings import ChosenRecording
from processors.attendance.rules.sessions import Group, Session
from processors.attendance.settings import TrackingSettings
from schemas.instants import HOUR_MS

_PATIENCE_MS = HOUR_MS
"""After so long work that is still under way is asked to go on once more."""
ClosingPhase = Callable[[ClosingStep], Progress]


class Closing:
    """Advances the job of one object id."""

    def __init__(
        self, settings: TrackingSettings, exclusion: Exclusion, recordings: Recordings, registrants: Registrants
    ) -> None:
        self._settings = settings
        self._recordings = recordings
        self._registrants = registrants
        self._publishing = Publishing(exclusion)
        asking = Asking(exclusion)
        filing = Filing(asking, exclusion)
        self._phases: tuple[ClosingPhase, ...] = (
            asking.ask,
            asking.match,
            asking.identify,
            filing.file,
            filing.weigh,
            self._publish,
        )
        """Of a session. The first three (`intake.events.WALKS`) only find out whom to ask about."""
        self._other: dict[WorkKind, Callable[[Book, DueWork, int], bool]] = {
            "retraction": self._retract,
            "registrations": self._tell_registrations,
            "expiry": lambda book, work, budget: delete_expired(book, work.name, budget),
        }

    def due(self, book: Book) -> None:
        """The job's time has come: begin with what has news that count now, and give up on what fell silent."""
        job = load_job(book)
        not_due(book, job)
        # One clock tick begins the work of many ids: each follows from what brought its own news.
        book.view.lineage = job.lineage
        ask_for_ends(book, job, self._settings)
        ask_due_reports(book, job, self._settings)
        if job.work is not None:
            if any(is_lost(book, Scope.parse(wait)) for wait in job.work.waits):
                # The phase asks again; whom a walk asked about, the next one meets once more.
                job.work.waits, job.work.renewed = [], True
            _see_to(book, job, job.work)
        else:
            job.queue = works_due(book, job, self._settings)
            if not (job.changed_at or job.registrations):
                job.lineage = None
            self._begin_next(book, job)
        save_job(book, job)

    def resume(self, book: Book) -> None:
        """An answer came in: go on if it was the last one that the work waited for."""
        job = load_job(book)
        work = job.work
        if work is None and job.registrations:
            self.due(book)  # nobody has to wait for the clock to be told that they are registered
            return
        if work is None or not work.waits or any(is_open(book, Scope.parse(wait)) for wait in work.waits):
            return
        work.waits = []
        self._take_step(book, job, work)

    def step(self, book: Book, number: int) -> None:
        """Do the next bounded piece of the work; a stale continuation does nothing."""
        job = load_job(book)
        work = job.work
        if work is not None and work.step == number and not work.waits:
            self._take_step(book, job, work)

    def _take_step(self, book: Book, job: Job, work: DueWork) -> None:
        work.step += 1
        book.view.lineage = work.lineage
        if work.kind != "session":
            is_done = self._other[work.kind](book, work, self._settings.step)
            job.undecided = job.undecided or load_job(book).undecided  # telling registrations may have noted it
        else:
            group = self._group_of(book, work)
            if group is None:
                # Its runs have been regrouped meanwhile: whatever was published of it is taken back or computed anew.
                for uuid in work.runs:
                    job.changed_at.setdefault(uuid, book.now_ms)
            is_done = group is None or self._advance(self._step_of(book, job, work, group))
        if is_done:
            self._begin_next(book, job)
        elif not work.waits:
            go_on(book, work)
        save_job(book, job)

    # A session

    def _advance(self, step: ClosingStep) -> bool:
        """Run through the phases until the budget is spent or Zoom has to answer; true when the work is done."""
        work = step.work
        while work.phase < len(self._phases):
            progress = self._phases[work.phase](step)
            if progress is Progress.WAITS or (progress is Progress.MORE and step.budget <= 0):
                return False
            if progress is Progress.DONE:
                # News since the walk began ask what it did not: everything that finds out whom to ask about, again.
                work.enter(0 if work.phase == self._last_walk and work.renewed else work.phase + 1)
        return True

    _last_walk = 2

    def _publish(self, step: ClosingStep) -> Progress:
        """Publish the session, or take back what was told of a group that is none."""
        session = step.session
        if session is not None:
            row = step.rows[session.session_uuid]
            session = session if is_wanted(self._settings.filters, row, step.details) else None
        if not step.work.cursor:
            name = session.session_uuid if session else None
            self._take_back_others(step, name)
            take_back_states(step.book, step.group.uuids, but=name)
        if step.group.entry is not None:
            step.plan(step.group.entry.end * 1000)
        if session is None:
            return Progress.DONE
        before = step.book.get(SESSION, session.session_uuid)
        progress = self._publishing.publish(step, session, self._choice(step, session))
        if progress is Progress.DONE:
            _note_consequences(step, session, before)
        return progress

    def _choice(self, step: ClosingStep, session: Session) -> ChosenRecording | None:
        """The recording that people are told of with a final result, if it is there and none is worth waiting for."""
        if not step.work.is_final:
            return None
        self._recordings.ask(step.book, step.subject, session.uuids)
        main = [uuid for uuid in session.uuids if uuid in session.main]
        found = self._recordings.choose(step.book, session.session_uuid, main)
        if isinstance(found, int):
            step.plan(found)
            return None
        return found

    def _take_back_others(self, step: ClosingStep, name: str | None) -> None:
        for (known,), told in step.book.scan(SESSION):
            if known != name and known in step.group.uuids and not told.retracted:
                step.job.queue.insert(0, ["retraction", known])

    def _group_of(self, book: Book, work: DueWork) -> Group | None:
        """The work's group as it is now; ``None`` when it has other runs than when the work began."""
        groups = groups_of(book, self._settings)
        return next((group for group in groups if group.uuids == work.runs and group.ended), None)

    def _step_of(self, book: Book, job: Job, work: DueWork, group: Group) -> ClosingStep:
        rows = {uuid: row for uuid, row in run_rows(book) if uuid in group.uuids}
        earlier: list[str] = []
        later: list[str] = []
        if group.entry is not None:
            for other in groups_of(book, self._settings):
                if other.entry and other.entry.occurrence_id == group.entry.occurrence_id and other != group:
                    (earlier if other.entry.start < group.entry.start else later).extend(other.uuids)
        return ClosingStep(book, job, work, group, rows, self._settings, self._settings.step, earlier, later)

    # What is no session

    def _retract(self, book: Book, work: DueWork, budget: int) -> bool:
        """Take back everything that was published under a name."""
        row = book.get(RUN, work.name)
        if row is None:
            return True
        for (contact,), _told in book.scan(RESULT, work.name, start=work.cursor):
            if budget <= 0:
                work.cursor = contact
                return False
            budget -= 1
            retract_result(book, work.name, row, contact, "no_session", floor=self._settings.revision_floor)
        retract_summary(book, work.name, row)
        return True

    def _tell_registrations(self, book: Book, work: DueWork, budget: int) -> bool:
        """Look at all registrations once more."""
        batch: list[str] = []
        for (registrant_id,), _row in book.scan(REGISTRATION, start=work.cursor):
            if len(batch) == budget:
                work.cursor = registrant_id
                self._registrants.publish(book, batch)
                return False
            batch.append(registrant_id)
        self._registrants.publish(book, batch)
        return True

    # What is to be done

    def _begin_next(self, book: Book, job: Job) -> None:
        """Start the next work of the queue; with none left the job rests until something is due."""
        job.work = None
        while job.queue:
            kind, name = job.queue.pop(0)
            if (work := self._work(book, kind, name)) is not None:
                work.lineage = book.view.lineage
                job.work = work
                _see_to(book, job, work)
                return
        self._rest(book, job)

    def _work(self, book: Book, kind: str, name: str) -> DueWork | None:
        if kind == "session":
            group = next((group for group in groups_of(book, self._settings) if group.uuids[0] == name), None)
            return DueWork("session", name, group.uuids) if group and group.ended else None
        return DueWork("retraction" if kind == "retraction" else "registrations", name)

    def _rest(self, book: Book, job: Job) -> None:
        """Look again when news count, time makes something final, or rows have expired."""
        at_ms = next_due_ms(book, job, self._settings)
        if at_ms is not None:
            look_at(book, job, max(at_ms, book.now_ms))
        if not (job.registrations or job.changed_at or job.planned):
            self._await_expiry(book, job)

    def _await_expiry(self, book: Book, job: Job) -> None:
        expiring = expires_ms(book, self._settings.retain)
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


def _note_consequences(step: ClosingStep, session: Session, before: PublishedSession | None) -> None:
    """What is to be looked at again once a session has been told."""
    job = step.job
    if job.undecided or (before is not None and before.end != session.end):
        # Who was approved before its end is known only now.
        job.registrations, job.undecided = True, False
    for uuid in step.later:
        job.changed_at.setdefault(uuid, step.book.now_ms)
