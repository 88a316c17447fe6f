"""What is published of an occurrence: each person's result when it has changed, and the summary. PURE."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from processors.attendance.book.keys import TABLE, key
from processors.attendance.intake.asked import Subject
from processors.attendance.rules.instances import InstanceRow
from processors.attendance.rules.occurrences import Occurrence
from processors.attendance.rules.people import Attendance, Presence
from processors.attendance.rules.recordings import RecordingRow
from processors.attendance.rules.registrations import RegistrationRow
from processors.engine.view import View
from schemas.attendance import (
    Identity,
    Interaction,
    InteractionSummary,
    Origin,
    Reconciliation,
    Result,
    SessionCounts,
    SessionSummary,
)
from schemas.codec import contact_id, pack, unpack
from schemas.instants import as_datetime
from schemas.topics import ATTENDANCE_RESULTS, ATTENDANCE_SESSIONS


@dataclass(frozen=True, slots=True)
class Published:
    """What the world was last told about one person of one occurrence."""

    revision: int
    digest: str
    email: str
    retracted: bool


@dataclass(frozen=True, slots=True)
class OccurrenceFacts:
    """An ended occurrence with the rows it is computed from."""

    object_id: str
    occurrence: Occurrence
    first: InstanceRow
    """Of its first instance: topic, host and account are told from it."""
    source: Literal["live", "report"]
    final: bool
    origin: Origin
    """The liveliest of its instances'."""
    stands: bool
    """False: it is no occurrence any more (practice, merged into another) or the filters refuse it, and what was
    published is retracted."""
    settled: int = 0
    """How many of its instances' reports are settled."""
    recording: RecordingRow | None = None
    """The one to share, once Zoom has it ready."""

    @property
    def subject(self) -> Subject:
        """What questions to Zoom are about."""
        return Subject(self.first.account_id, self.object_id, self.first.object_type, self.origin)


def published(view: View, object_id: str, session_uuid: str, contact: str) -> Published | None:
    """What was last published, if anything."""
    data = view.get(TABLE, key("r", object_id, session_uuid, contact))
    return Published(*unpack(data)) if data else None


def publish_result(
    view: View,
    facts: OccurrenceFacts,
    email: str,
    attendance: Attendance,
    presences: Sequence[Presence],
    registrations: Sequence[tuple[str, RegistrationRow]],
    interaction: Interaction | None,
) -> None:
    """Publish a person's result as a new revision, unless it is the one that stands."""
    result = _result(facts, email, attendance, _identity(presences, registrations), interaction)
    session_uuid, contact = facts.occurrence.session_uuid, result.contact_id
    before = published(view, facts.object_id, session_uuid, contact)
    # Who happened to bring the news is no news.
    told = result.model_copy(update={"origin": "live"})
    digest = hashlib.sha256(told.to_bytes()).hexdigest()[:16]
    if before is not None and before.digest == digest and not before.retracted:
        return
    revision = before.revision + 1 if before else 1
    view.put(TABLE, key("r", facts.object_id, session_uuid, contact), pack([revision, digest, email, False]))
    view.send(ATTENDANCE_RESULTS.name, contact.encode(), result.model_copy(update={"revision": revision}))


def retract_result(view: View, facts: OccurrenceFacts, contact: str, before: Published) -> None:
    """Take a published result back: its person is excluded now, resolved to another address, or its session is none."""
    if before.retracted:
        return
    session_uuid, revision = facts.occurrence.session_uuid, before.revision + 1
    nothing = Attendance("left_early", 0, (), None, None, None, 0, assumed=False)
    result = _result(facts, before.email, nothing, None, None).model_copy(
        update={"revision": revision, "retracted": True}
    )
    view.put(TABLE, key("r", facts.object_id, session_uuid, contact), pack([revision, "", before.email, True]))
    view.send(ATTENDANCE_RESULTS.name, contact.encode(), result)


def publish_summary(
    view: View,
    facts: OccurrenceFacts,
    counts: dict[str, int],
    reconciliation: Reconciliation | None,
    interaction: InteractionSummary | None,
) -> None:
    """Publish the summary when it differs from the last one."""
    occurrence, first = facts.occurrence, facts.first
    summary = SessionSummary(
        session_uuid=occurrence.session_uuid,
        instances=occurrence.uuids,
        account_id=first.account_id,
        object_id=facts.object_id,
        object_type=first.object_type,
        topic=first.topic,
        host_id=first.host_id,
        origin=facts.origin,
        started_at=as_datetime(occurrence.start),
        ended_at=as_datetime(occurrence.end) if occurrence.ended else None,
        length_seconds=occurrence.length,
        end_assumed=occurrence.ended and occurrence.end_assumed,
        is_final=facts.final,
        evidence=facts.source,
        retracted=not facts.stands,
        reconciliation=reconciliation,
        interaction=interaction,
        counts=SessionCounts.model_validate(counts),
    )
    digest = hashlib.sha256(summary.to_bytes()).hexdigest()[:16]
    row_key = key("s", facts.object_id, occurrence.session_uuid)
    state = pack([list(occurrence.uuids), digest, not facts.stands])
    known = view.get(TABLE, row_key)
    if known != state and (facts.stands or known is not None):
        view.put(TABLE, row_key, state)
        view.send(ATTENDANCE_SESSIONS.name, occurrence.session_uuid.encode(), summary)


def _result(
    facts: OccurrenceFacts,
    email: str,
    attendance: Attendance,
    identity: Identity | None,
    interaction: Interaction | None,
) -> Result:
    occurrence, first = facts.occurrence, facts.first
    joined, left = attendance.first_join, attendance.last_leave
    return Result(
        contact_id=contact_id(email),
        email=email,
        account_id=first.account_id,
        object_id=facts.object_id,
        object_type=first.object_type,
        topic=first.topic,
        host_id=first.host_id,
        origin=facts.origin,
        occurred_at=as_datetime(occurrence.end),
        session_uuid=occurrence.session_uuid,
        instances=occurrence.uuids,
        revision=0,
        is_final=facts.final,
        evidence=facts.source,
        attendance_status=attendance.status,
        started_at=as_datetime(occurrence.start),
        ended_at=as_datetime(occurrence.end),
        length_seconds=occurrence.length,
        attended_seconds=attendance.attended_seconds,
        intervals=attendance.intervals,
        first_join_at=None if joined is None else as_datetime(joined),
        last_leave_at=None if left is None else as_datetime(left),
        late_seconds=attendance.late_seconds,
        joins=attendance.joins,
        assumed=attendance.assumed,
        interaction=interaction,
        identity=identity,
    )


_RULES = ("registrant", "email", "user")


def _identity(presences: Sequence[Presence], registrations: Sequence[tuple[str, RegistrationRow]]) -> Identity | None:
    """The strongest rule that decided for one of the person's connections, and the smallest name it gave."""
    if presences:
        best = min(presences, key=lambda each: (_RULES.index(each.rule), each.registrant_id or "~", each.name or "~"))
        names = [each.name for each in presences if each.rule == best.rule and each.name]
        return Identity(rule=best.rule, registrant_id=best.registrant_id, name=min(names, default=None))
    for registrant_id, row in sorted(registrations, key=lambda each: each[0]):
        return Identity(rule="registrant", registrant_id=registrant_id, name=row.detail("first_name"))
    return None
