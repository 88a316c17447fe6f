"""`attendance.sessions.v1`: a row per session. PURE."""

from __future__ import annotations

from datetime import datetime

from readmodel.changes import Changes, RowKind, SourceRecord, SqlRow
from readmodel.instants import in_milliseconds
from readmodel.keys import session_key
from schemas.codec import pack
from schemas.sessions import SessionRun, SessionSummary


def project_session(source: SourceRecord, changes: Changes) -> None:
    """The session as it is now."""
    if source.value is None:
        return
    told = SessionSummary.from_bytes(source.value)
    session = session_key(told.account_id, told.session_uuid)
    scheduled_at = _ms(told.scheduled.starts_at) if told.scheduled else None
    row: SqlRow = {
        "session": session,
        "account_id": told.account_id,
        "session_uuid": told.session_uuid,
        "object_id": told.object_id,
        "object_type": told.object_type,
        "topic": told.topic.replace("\0", ""),
        "host_id": told.host_id,
        "origin": told.origin,
        "state": told.state,
        "waits_for": told.waits_for,
        "next_check_at": _ms(told.next_check_at),
        "sorted_at": _ms(told.started_at) or scheduled_at or _ms(told.ended_at) or source.timestamp_ms,
        "scheduled_at": scheduled_at,
        "started_at": _ms(told.started_at),
        "ended_at": _ms(told.ended_at),
        "length_seconds": told.length_seconds,
        "is_final": told.is_final,
        "retracted": told.retracted,
        "evidence": told.evidence,
        "instances": pack(told.instances).decode(),
        "runs": pack([_run(run) for run in told.runs]).decode(),
        "reconciliation": told.reconciliation.model_dump_json() if told.reconciliation else None,
        "interaction": told.interaction.model_dump_json() if told.interaction else None,
        **told.counts.model_dump(),
    }
    changes.put(RowKind.SESSION, (session,), row)


def _run(told: SessionRun) -> list[object]:
    return [told.is_main, in_milliseconds(told.started_at), in_milliseconds(told.ended_at)]


def _ms(at: datetime | None) -> int | None:
    return None if at is None else in_milliseconds(at)
