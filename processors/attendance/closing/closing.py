"""From the end of an occurrence to its published results, in steps of bounded work. PURE.

Phases of a run: *ask* Zoom for what the facts lack, *wait* for the answers, *identify* people whom nobody was asked
about yet, *index* the connections by contact, *publish* what changed contact by contact, then the summary. Each step
handles at most `settings.step` rows and asks for the next by a message to the own agent, so that a session of 100,000
people never holds up the others. State and position are in the job's row: a restart goes on where it stood.
"""

from __future__ import annotations

from processors.attendance.book.keys import TABLE, last_part, prefix
from processors.attendance.book.retention import expires_ms, forget
from processors.attendance.closing.asking import Asking
from processors.attendance.closing.evidence import evidence_of
from processors.attendance.closing.index import Index
from processors.attendance.closing.jobs import Job, Run, load_job, save_job, schedule, send_continuation
from processors.attendance.closing.publishing import Publishing
from processors.attendance.closing.reports import Reports, report_state
from processors.attendance.closing.results import OccurrenceFacts
from processors.attendance.intake.asked import Subject, ask, details, is_open
from processors.attendance.intake.events import instance_rows, occurrences_of
from processors.attendance.intake.filtering import is_wanted
from processors.attendance.intake.recordings import recording_of
from processors.attendance.rules.instances import LIVELINESS, InstanceRow
from processors.attendance.rules.occurrences import Occurrence
from processors.attendance.settings import TrackingSettings
from processors.engine.view import View
from schemas.attendance import Origin
from schemas.codec import unpack


class Closing:
    """Advances the job of one object id."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._index = Index(settings)
        self._asking = Asking(settings, self._index)
        self._publishing = Publishing(settings, self._index)
        self._reports = Reports(settings)

    def due(self, view: View, object_id: str, now_ms: int) -> None:
        """The job's time has come: begin with what is dirty, and give up on what fell silent."""
        job = load_job(view, object_id)
        job.due_ms = None
        self._abandon(view, object_id, job, now_ms)
        self._reports.due(view, object_id, job, now_ms)
        if job.run is None and job.dirty:
            job.queue = self._affected(view, object_id, job)
            job.dirty = []
            self._begin_next(view, object_id, job, now_ms)
        elif job.run is None:
            self._forget(view, object_id, job, now_ms)
        save_job(view, object_id, job)

    def _forget(self, view: View, object_id: str, job: Job, now_ms: int) -> None:
        """Begin to delete what has expired, or look again when something will."""
        times = expires_ms(view, object_id, self._settings.retain)
        expired = sorted(uuid for uuid, at_ms in times.items() if at_ms <= now_ms)
        if expired:
            job.run = Run(expired[0], [], phase="forget")
            send_continuation(view, object_id, job.run, now_ms)
        elif times:
            schedule(view, object_id, job, min(times.values()))

    def _forget_more(self, view: View, object_id: str, job: Job, run: Run, now_ms: int) -> None:
        run.step += 1
        if not forget(view, object_id, run.occurrence, self._settings.step):
            send_continuation(view, object_id, run, now_ms)
            return
        job.run = None
        if job.dirty:
            schedule(view, object_id, job, now_ms)
        else:
            self._forget(view, object_id, job, now_ms)

    def resume(self, view: View, object_id: str, now_ms: int) -> None:
        """An answer came in: go on if it was the last one that the run waited for."""
        job = load_job(view, object_id)
        run = job.run
        if run is None or not run.waits or any(is_open(view, object_id, scope) for scope in run.scopes):
            return
        # Not `enter`: the walk goes on where it stopped to wait.
        run.phase, run.scopes = run.next_phase, []
        send_continuation(view, object_id, run, now_ms)
        save_job(view, object_id, job)

    def step(self, view: View, object_id: str, step: int, now_ms: int) -> None:
        """Do the next bounded piece of the run; a stale continuation does nothing."""
        job = load_job(view, object_id)
        run = job.run
        if run is None or run.step != step or run.waits:
            return
        if run.phase == "forget":
            self._forget_more(view, object_id, job, run, now_ms)
        elif (facts := self._facts(view, object_id, run)) is None:
            # Its instances have been regrouped meanwhile: whatever was published of it is taken back or computed anew.
            job.dirty = sorted({*job.dirty, *run.instances})
            self._begin_next(view, object_id, job, now_ms)
        elif self._work(view, facts, run, now_ms):
            self._begin_next(view, object_id, job, now_ms)
        elif not run.waits:
            send_continuation(view, object_id, run, now_ms)
        save_job(view, object_id, job)

    def _work(self, view: View, facts: OccurrenceFacts, run: Run, now_ms: int) -> bool:
        """One piece of the run's phase; true when the run is done."""
        run.step += 1
        if run.phase == "ask":
            self._asking.ask(view, facts, run, now_ms)
        elif run.phase == "identify":
            self._asking.identify(view, facts, run, now_ms)
        elif run.phase == "index":
            self._file(view, facts, run)
        else:
            return self._publishing.publish(view, facts, run)
        return False

    # What is to be done

    def _affected(self, view: View, object_id: str, job: Job) -> list[str]:
        """Occurrences with news that have ended, and published ones that are none any more."""
        occurrences = occurrences_of(view, object_id, self._settings.restart_gap)
        names = {occurrence.session_uuid for occurrence in occurrences}
        dirty = {each.session_uuid for each in occurrences if each.ended and not set(job.dirty).isdisjoint(each.uuids)}
        stale = set()
        for row_key, data in view.scan(TABLE, prefix("s", object_id)):
            session_uuid, retracted = last_part(row_key), unpack(data)[2]
            if session_uuid not in names and not retracted:
                stale.add(session_uuid)
        return sorted(stale) + sorted(dirty)

    def _begin_next(self, view: View, object_id: str, job: Job, now_ms: int) -> None:
        """Start the next run of the queue; with none left the job rests, or is due again for newer news."""
        job.run = None
        if job.queue:
            session_uuid = job.queue.pop(0)
            job.run = Run(session_uuid, self._instances_of(view, object_id, session_uuid))
            send_continuation(view, object_id, job.run, now_ms)
        elif job.dirty:
            schedule(view, object_id, job, now_ms + int(self._settings.settle * 1000))
        else:
            self._forget(view, object_id, job, now_ms)

    def _instances_of(self, view: View, object_id: str, session_uuid: str) -> list[str]:
        for occurrence in occurrences_of(view, object_id, self._settings.restart_gap):
            if occurrence.session_uuid == session_uuid:
                return list(occurrence.uuids)
        return [session_uuid]

    def _abandon(self, view: View, object_id: str, job: Job, now_ms: int) -> None:
        """Ask Zoom for the end of a session that fell silent; assume one when Zoom has none either."""
        patience_ms = int(self._settings.abandon_after * 1000)
        for uuid, row in list(instance_rows(view, object_id)):
            if row.known_end is not None:
                continue
            give_up_ms = row.heard_ms + patience_ms
            if give_up_ms > now_ms:
                schedule(view, object_id, job, give_up_ms)
                continue
            subject = Subject(row.account_id, object_id, row.object_type, row.origin)
            ask(view, subject, "past_session", f"end|{uuid}", now_ms, session_uuid=uuid)

    def _facts(self, view: View, object_id: str, run: Run) -> OccurrenceFacts | None:
        """The run's occurrence as it is now; ``None`` when it has other instances than when the run began."""
        rows = dict(instance_rows(view, object_id))
        for occurrence in occurrences_of(view, object_id, self._settings.restart_gap):
            if occurrence.session_uuid == run.occurrence:
                same = list(occurrence.uuids) == run.instances and occurrence.ended
                first = rows[occurrence.session_uuid]
                return self._standing(view, object_id, occurrence, first) if same else None
        row = rows.get(run.occurrence)
        instance = row.as_instance(run.occurrence, None) if row else None
        if row is None or instance is None:
            return None
        # No occurrence of its own any more (a practice session, or merged into another): everything is retracted.
        run.phase = "publish"
        return OccurrenceFacts(
            object_id, Occurrence((instance,)), row, source="live", final=True, origin=row.origin, stands=False
        )

    def _standing(self, view: View, object_id: str, occurrence: Occurrence, first: InstanceRow) -> OccurrenceFacts:
        """Final when every instance is settled; from the report when every instance's was had."""
        states = [report_state(view, object_id, uuid) for uuid in occurrence.uuids]
        settled = [None if state is None else state.settled for state in states]
        return OccurrenceFacts(
            object_id,
            occurrence,
            first,
            source="report" if all(each == "report" for each in settled) else "live",
            final=not self._settings.report_checks or all(settled),
            origin=self._origin(view, object_id, occurrence),
            stands=is_wanted(view, self._settings.filters, object_id, first),
            settled=sum(each is not None for each in settled),
            recording=recording_of(view, object_id, occurrence.uuids),
        )

    def _origin(self, view: View, object_id: str, occurrence: Occurrence) -> Origin:
        """Live when one of its instances is: people were told of that one as it happened."""
        origins = (row.origin for uuid, row in instance_rows(view, object_id) if uuid in occurrence.uuids)
        return max(origins, key=LIVELINESS.index)

    def _file(self, view: View, facts: OccurrenceFacts, run: Run) -> None:
        """File connections by contact, as many as a step may handle."""
        object_id, uuids = facts.object_id, facts.occurrence.uuids
        rows = dict(instance_rows(view, object_id))
        host_email = details(view, object_id).host_email
        for handled, evidence in enumerate(evidence_of(view, object_id, uuids, run.cursor)):
            if handled >= self._settings.step:
                run.cursor = evidence.cursor
                return
            self._index.file(view, object_id, evidence, rows[evidence.uuid], host_email)
        run.enter("publish")
