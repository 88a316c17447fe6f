"""The work of one session: its phases, from what Zoom has to be asked to what is published. PURE."""

from __future__ import annotations

from collections.abc import Callable

from processors.attendance.book import SESSION, Book, DueWork, Job, PublishedSession
from processors.attendance.closing.asking import ask_first, identify, match
from processors.attendance.closing.filing import file_connections, weigh
from processors.attendance.closing.publishing import publish_session
from processors.attendance.closing.states import take_back_states
from processors.attendance.closing.step import ClosingStep, Progress
from processors.attendance.known.described import is_wanted
from processors.attendance.known.groups import groups_of, run_rows
from processors.attendance.known.recordings import ask_recordings, choose_recording
from processors.attendance.rules.recordings import ChosenRecording
from processors.attendance.rules.sessions import Group, Session

ClosingPhase = Callable[[ClosingStep], Progress]
WALKS = frozenset({0, 1, 2})
"""The phases that only find out whom to ask about: *ask*, *match*, *identify*."""


def take_session_step(book: Book, job: Job, work: DueWork) -> bool:
    """Do the next piece of it; true when the work is done."""
    group = _group_of(book, work)
    if group is not None and not _is_early(book, group):
        return _advance(_step_of(book, job, work, group))
    # Its runs have been regrouped meanwhile, or given to a date to come: whatever was published of it is taken back
    # or computed anew when it is due.
    for uuid in work.runs:
        job.changed_at.setdefault(uuid, book.now_ms)
    return True


def _advance(step: ClosingStep) -> bool:
    """Run through the phases until the budget is spent or Zoom has to answer; true when the work is done."""
    work = step.work
    while work.phase < len(_PHASES):
        progress = _PHASES[work.phase](step)
        if progress is Progress.WAITS or (progress is Progress.MORE and step.budget <= 0):
            return False
        if progress is Progress.DONE:
            # News since the walk began ask what it did not: everything that finds out whom to ask about, again.
            work.enter(0 if work.phase == max(WALKS) and work.renewed else work.phase + 1)
    return True


def _publish(step: ClosingStep) -> Progress:
    """Publish the session, or take back what was told of a group that is none."""
    session = step.session
    if session is not None:
        row = step.rows[session.session_uuid]
        session = session if is_wanted(step.book.settings.filters, row, step.details) else None
    if not step.work.cursor:
        name = session.session_uuid if session else None
        _take_back_others(step, name)
        take_back_states(step.book, step.group.uuids, but=name)
    if step.group.entry is not None:
        step.plan(step.group.entry.end * 1000)
    if session is None:
        return Progress.DONE
    before = step.book.get(SESSION, session.session_uuid)
    progress = publish_session(step, session, _choice(step, session))
    if progress is Progress.DONE:
        _note_consequences(step, session, before)
    return progress


def _choice(step: ClosingStep, session: Session) -> ChosenRecording | None:
    """The recording that people are told of with a final result, if it is there and none is worth waiting for."""
    if not step.work.is_final:
        return None
    ask_recordings(step.book, step.subject, session.uuids)
    main = [uuid for uuid in session.uuids if uuid in session.main]
    found = choose_recording(step.book, session.session_uuid, main)
    if isinstance(found, int):
        step.plan(found)
        return None
    return found


def _take_back_others(step: ClosingStep, name: str | None) -> None:
    for (known,), told in step.book.scan(SESSION):
        if known != name and known in step.group.uuids and not told.retracted:
            step.job.queue.insert(0, ["retraction", known])


def _group_of(book: Book, work: DueWork) -> Group | None:
    """The work's group as it is now; ``None`` when it has other runs than when the work began."""
    groups = groups_of(book)
    return next((group for group in groups if group.uuids == work.runs and group.ended), None)


def _step_of(book: Book, job: Job, work: DueWork, group: Group) -> ClosingStep:
    rows = {uuid: row for uuid, row in run_rows(book) if uuid in group.uuids}
    earlier: list[str] = []
    later: list[str] = []
    if group.entry is not None:
        # In the order in which they were held: a date may have been moved to before where it was.
        began = group.runs[0].start, group.runs[0].uuid
        for other in groups_of(book):
            if other.entry and other.entry.occurrence_id == group.entry.occurrence_id and other != group:
                is_earlier = (other.runs[0].start, other.runs[0].uuid) < began
                (earlier if is_earlier else later).extend(other.uuids)
    return ClosingStep(book, job, work, group, rows, book.settings.step, earlier, later)


def _is_early(book: Book, group: Group) -> bool:
    """Whether its date is still to come: who tests the link the day before has not attended yet."""
    return group.entry is not None and book.now_ms < group.entry.start * 1000


def _note_consequences(step: ClosingStep, session: Session, before: PublishedSession | None) -> None:
    """What is to be looked at again once a session has been told."""
    job = step.job
    if job.undecided or (before is not None and before.end != session.end):
        # Who was approved before its end is known only now.
        job.registrations, job.undecided = True, False
    for uuid in step.later:
        job.changed_at.setdefault(uuid, step.book.now_ms)


_PHASES: tuple[ClosingPhase, ...] = (ask_first, match, identify, file_connections, weigh, _publish)
