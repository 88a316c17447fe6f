"""A session's results and its summary as records, each sent when it differs from what was last told. PURE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from processors.attendance.book import RESULT, SESSION, Book, Published, PublishedSession
from processors.attendance.closing.states import outlook, summary_of_run, take_back, tell
from processors.attendance.closing.step import ClosingStep
from processors.attendance.rules.judgement import Registrant, StandingResult
from processors.attendance.rules.names import smallest_name
from processors.attendance.rules.presence import Filed, IdentityRule, Presence
from processors.attendance.rules.runs import Run, RunRow
from processors.attendance.rules.sessions import Session
from schemas.attendance import Evidence, Identity, Interaction, Result, RetractionReason, RunEvidence
from schemas.codec import contact_id
from schemas.instants import as_datetime, datetime_if_known
from schemas.sessions import InteractionSummary, Reconciliation, SessionCounts, SessionRun, SessionSummary


def publish_result(
    step: ClosingStep,
    session: Session,
    judged: StandingResult,
    approved: Sequence[Registrant],
    interaction: Interaction | None,
) -> None:
    """Publish a person's result as a new revision, unless it is the one that stands."""
    name, contact = session.session_uuid, contact_id(judged.email)
    before = step.book.get(RESULT, name, contact)
    revision = max(before.revision if before else 0, step.book.settings.revision_floor) + 1
    result = _result(step, session, judged, _identity(judged.filed, approved), interaction, revision)
    # Who happened to bring the news is no news, nor is when it was looked at.
    digest = result.digest("origin", "judged_at", "revision")
    if before is None or before.digest != digest or before.retracted:
        step.book.put(RESULT, Published(revision, digest, judged.email, retracted=False), name, contact)
        step.book.tell(result)


@dataclass(frozen=True, slots=True)
class ToldSession:
    """A session whose results were told."""

    book: Book
    name: str
    """Under which they were."""
    row: RunRow
    """Of its first run."""
    session: Session | None = None
    """As it is now; ``None`` for what is none any more."""

    def retract(self, contact: str, why: RetractionReason) -> None:
        """Take back what was published of a contact, if anything; `why` is for the record."""
        before = self.book.get(RESULT, self.name, contact)
        if before is None or before.retracted:
            return
        session, (start, end) = self.session, self._span()
        result = Result(
            contact_id=contact,
            email=before.email,
            **self.row.told(self.book.object_id),
            origin=self.row.origin,
            occurred_at=as_datetime(end),
            session_uuid=self.name,
            instances=session.uuids if session else (self.name,),
            given=session.given if session else (self.name,),
            revision=max(before.revision, self.book.settings.revision_floor) + 1,
            retracted=True,
            retraction_reason=why,
            is_final=True,
            evidence="live",
            attendance_status="left_early",
            judged_at=as_datetime(self.book.now_ms // 1000),
            started_at=as_datetime(start),
            ended_at=as_datetime(end),
            length_seconds=session.length if session else max(0, end - start),
        )
        self.book.put(RESULT, Published(result.revision, "", before.email, retracted=True), self.name, contact)
        self.book.tell(result)

    def retract_summary(self) -> None:
        """So much of what is no session as is known is told as taken back."""
        known = self.book.get(SESSION, self.name)
        if known is None or known.retracted:
            return
        self.book.put(SESSION, PublishedSession(known.given, known.end, "", retracted=True), self.name)
        take_back(self.book, summary_of_run(self.book, self.name, self.row))

    def _span(self) -> tuple[int, int]:
        if self.session is not None:
            return self.session.start, self.session.end
        end = self.row.known_end or self.row.start or 0
        return self.row.start or end, end


def publish_summary(
    step: ClosingStep,
    session: Session,
    counts: Mapping[str, int],
    reconciliation: Reconciliation | None,
    interaction: InteractionSummary | None,
) -> None:
    """Publish the summary when it differs from the last one."""
    row = step.rows[session.session_uuid]
    summary = SessionSummary(
        session_uuid=session.session_uuid,
        instances=session.uuids,
        **row.told(step.book.object_id),
        origin=step.origin,
        scheduled=step.scheduled,
        started_at=as_datetime(session.start),
        ended_at=as_datetime(session.end),
        length_seconds=session.length,
        end_assumed=session.end_assumed,
        is_final=step.work.is_final,
        evidence=_evidence_of_runs(step, session),
        reconciliation=reconciliation,
        interaction=interaction,
        counts=SessionCounts.model_validate({**counts, "rehearsals": session.rehearsals}),
        state="final" if step.work.is_final else "live",
        runs=tuple(_run(session, run) for run in session.runs),
        **outlook(step)._asdict(),
    )
    digest = summary.digest()
    if step.book.change(
        SESSION, PublishedSession(list(session.given), session.end, digest, False), summary.session_uuid
    ):
        tell(step.book, summary)


def _run(session: Session, run: Run) -> SessionRun:
    start, end = run.span
    return SessionRun(
        run_uuid=run.uuid, is_main=run.uuid in session.main, started_at=as_datetime(start), ended_at=as_datetime(end)
    )


def _result(
    step: ClosingStep,
    session: Session,
    judged: StandingResult,
    identity: Identity | None,
    interaction: Interaction | None,
    revision: int,
) -> Result:
    row, attendance = step.rows[session.session_uuid], judged.attendance
    return Result(
        contact_id=contact_id(judged.email),
        email=judged.email,
        **row.told(step.book.object_id),
        origin=step.origin,
        occurred_at=as_datetime(session.end),
        session_uuid=session.session_uuid,
        instances=session.uuids,
        given=session.given,
        revision=revision,
        is_final=step.work.is_final,
        evidence=_evidence(step, session, judged.presences),
        attendance_status=attendance.status,
        reason=attendance.reason,
        judged_at=as_datetime(step.book.now_ms // 1000),
        scheduled=step.scheduled,
        runs=tuple(_run_evidence(step, session, uuid, judged.presences.get(uuid)) for uuid in session.uuids),
        time_zone=step.details.time_zone or row.time_zone or None,
        started_at=as_datetime(session.start),
        ended_at=as_datetime(session.end),
        length_seconds=session.length,
        attended_seconds=attendance.attended_seconds,
        intervals=attendance.intervals,
        first_join_at=datetime_if_known(attendance.first_join),
        last_leave_at=datetime_if_known(attendance.last_leave),
        late_seconds=attendance.late_seconds,
        joins=attendance.joins,
        assumed=attendance.assumed,
        interaction=interaction,
        identity=identity,
    )


def _run_evidence(step: ClosingStep, session: Session, uuid: str, presence: Presence | None) -> RunEvidence:
    state = step.reports[uuid]
    settled = state.settled if state else None
    return RunEvidence(
        run_uuid=uuid,
        is_main=uuid in session.main,
        webhooks=presence.webhooks if presence else 0,
        report_rows=presence.rows if presence else 0,
        report="settled" if settled == "report" else "not_to_be_had" if settled == "live" else "awaited",
    )


def _evidence(step: ClosingStep, session: Session, presences: Mapping[str, Presence]) -> Evidence:
    webhooks = any(presence.webhooks for presence in presences.values())
    rows = any(presence.rows for presence in presences.values())
    if webhooks and rows:
        return "both"
    if webhooks or rows:
        return "live" if webhooks else "report"
    return _evidence_of_runs(step, session)


def _evidence_of_runs(step: ClosingStep, session: Session) -> Evidence:
    return "report" if all(step.has_report(uuid) for uuid in session.uuids) else "live"


_RULES: tuple[IdentityRule, ...] = ("registrant", "email", "user")


def _identity(filed: Sequence[Filed], approved: Sequence[Registrant]) -> Identity | None:
    """The strongest rule that decided for one of the person's connections, and the name it gave."""
    if filed:
        best = min(filed, key=lambda piece: (_RULES.index(piece.rule), piece.registrant_id or "~"))
        typed = min((piece.name for piece in filed if piece.is_registered_name and piece.name), default=None)
        name = typed or smallest_name(piece.name for piece in filed if not piece.is_registered_name)
        return Identity(rule=best.rule, registrant_id=best.registrant_id, name=name)
    for registrant_id, row in sorted(approved, key=lambda registrant: registrant[0]):
        return Identity(rule="registrant", registrant_id=registrant_id, name=row.detail("first_name"))
    return None
