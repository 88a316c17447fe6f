"""Recordings of instances, and who is told that the one of an occurrence is ready. PURE.

Whatever comes first, the recording or the results: a recording makes its occurrence be computed anew, and each person
whose result is published is told of the recording that is known then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from processors.attendance.book.keys import TABLE, key
from processors.attendance.closing.jobs import load_job, mark_dirty, save_job, schedule
from processors.attendance.closing.results import OccurrenceFacts
from processors.attendance.intake.asked import ask
from processors.attendance.rules.instances import InstanceRow
from processors.attendance.rules.recordings import Recorded, RecordingRow, chosen, merged, ready_row
from processors.attendance.settings import TrackingSettings
from processors.engine.view import View
from schemas.attendance import Origin, Recording, SessionRecording, session_mark
from schemas.codec import contact_id
from schemas.instants import as_datetime
from schemas.lookups import LookupResult
from schemas.topics import ATTENDANCE_RESULTS


class Recordings:
    """Takes in recordings, and asks Zoom for the one of a session of which no webhook told."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings

    def take(self, view: View, fact: Recorded, now_ms: int, origin: Origin) -> None:
        """Keep a recording; what has ended already is computed anew."""
        if not self._is_wanted(fact.account_id):
            return
        row_key = key("w", fact.object_id, fact.uuid)
        data = view.get(TABLE, row_key)
        before = RecordingRow.from_bytes(data) if data else None
        row = merged(before, RecordingRow(fact.at, fact.share_url, fact.minutes, origin, now_ms))
        if row == before:
            return
        view.put(TABLE, row_key, row.to_bytes())
        if before is None:
            job = load_job(view, fact.object_id)
            if schedule(view, fact.object_id, job, now_ms + int(self._settings.retain * 1000)):
                save_job(view, fact.object_id, job)
        data = view.get(TABLE, key("i", fact.object_id, fact.uuid))
        if data is not None and InstanceRow.from_bytes(data).known_end is not None:
            mark_dirty(view, fact.object_id, fact.uuid, now_ms + int(self._settings.settle * 1000))

    def take_answer(self, view: View, result: LookupResult, now_ms: int) -> None:
        """The same from Zoom's answer, if there is a recording that is ready."""
        for row in result.rows:
            if (ready := ready_row(row)) is not None:
                uuid = result.session_uuid or ""
                fact = Recorded(result.account_id, result.object_id, result.object_type, uuid, *ready)
                self.take(view, fact, now_ms, result.origin)

    def ask(self, view: View, facts: OccurrenceFacts, now_ms: int) -> None:
        """Ask once for the recording of each instance, when the result is final and no webhook has told of it.

        Nothing waits for the answer. The people of a back-fill are told of none, so it is not asked for.
        """
        if facts.origin == "backfill" or not self._is_wanted(facts.first.account_id):
            return
        for uuid in facts.occurrence.uuids:
            if view.get(TABLE, key("w", facts.object_id, uuid)) is None:
                ask(view, facts.subject, "recordings", f"recordings|{uuid}", now_ms, session_uuid=uuid)

    def _is_wanted(self, account_id: str) -> bool:
        sync = self._settings.sync.get(account_id)
        return sync is None or sync.recordings


def recording_of(view: View, object_id: str, uuids: Sequence[str]) -> RecordingRow | None:
    """The recording of an occurrence with these instances."""
    rows = (view.get(TABLE, key("w", object_id, uuid)) for uuid in uuids)
    return chosen(RecordingRow.from_bytes(data) for data in rows if data is not None)


def publish_recording(view: View, facts: OccurrenceFacts, email: str) -> None:
    """Tell a person of the occurrence's recording, unless there is none or they were told of this one."""
    if (recording := facts.recording) is not None:
        _publish(view, facts, Recording(contact_id=contact_id(email), email=email, **_told(facts, recording)))


def publish_session_recording(view: View, facts: OccurrenceFacts) -> None:
    """Tell of it once more for the session as a whole, when everybody has been told."""
    if (recording := facts.recording) is not None and facts.stands:
        mark, told = session_mark(facts.object_id), _told(facts, recording)
        _publish(view, facts, SessionRecording(contact_id=mark, email="", is_final=facts.final, **told))


def _told(facts: OccurrenceFacts, recording: RecordingRow) -> dict[str, Any]:
    occurrence, first = facts.occurrence, facts.first
    return {
        "account_id": first.account_id,
        "object_id": facts.object_id,
        "object_type": first.object_type,
        "topic": first.topic,
        "host_id": first.host_id,
        "origin": "backfill" if facts.origin == "backfill" else recording.origin,
        "occurred_at": as_datetime(recording.at),
        "session_uuid": occurrence.session_uuid,
        "instances": occurrence.uuids,
        "share_url": recording.share_url,
        "minutes": recording.minutes,
    }


def _publish(view: View, facts: OccurrenceFacts, fact: Recording | SessionRecording) -> None:
    digest = hashlib.sha256(fact.to_bytes()).digest()[:8]
    row_key = key("y", facts.object_id, facts.occurrence.session_uuid, fact.contact_id)
    if view.get(TABLE, row_key) != digest:
        view.put(TABLE, row_key, digest)
        view.send(ATTENDANCE_RESULTS.name, fact.contact_id.encode(), fact)
