"""From one Zoom event to the rows it changes. PURE; the hot path: one or two rows read, one written."""

from __future__ import annotations

from collections.abc import Iterator

from processors.attendance.book.keys import TABLE, key, last_part, prefix
from processors.attendance.book.retention import note_registration
from processors.attendance.closing.jobs import load_job, mark_dirty, save_job, schedule
from processors.attendance.closing.reports import Reports
from processors.attendance.intake.asked import Subject, ask
from processors.attendance.intake.interaction import take_chat
from processors.attendance.intake.notices import Notices
from processors.attendance.intake.registrants import Registrants
from processors.attendance.rules.chat import Chatted
from processors.attendance.rules.connections import Connection
from processors.attendance.rules.facts import (
    Bound,
    Converted,
    Ended,
    Fact,
    Registered,
    RoleChanged,
    Seen,
    Session,
    Started,
)
from processors.attendance.rules.instances import InstanceRow
from processors.attendance.rules.occurrences import Instance, Occurrence, group
from processors.attendance.settings import TrackingSettings
from processors.engine.view import View
from schemas.attendance import Origin

HEARD_MS = 60_000
"""How exact the time of the last event is kept: writing it with every event would double the rows."""


def instance_rows(view: View, object_id: str) -> Iterator[tuple[str, InstanceRow]]:
    """(uuid, row) of every instance of an id."""
    for row_key, data in view.scan(TABLE, prefix("i", object_id)):
        yield last_part(row_key), InstanceRow.from_bytes(data)


def earliest_join(view: View, object_id: str, uuid: str) -> int | None:
    """The earliest join (else leave) of anybody: S of an instance whose events name none."""
    instants = [
        min(connection.joins or connection.leaves)
        for _key, data in view.scan(TABLE, prefix("c", object_id, uuid))
        if (connection := Connection.from_bytes(data)).joins or connection.leaves
    ]
    return min(instants, default=None)


def occurrences_of(view: View, object_id: str, restart_gap: float) -> list[Occurrence]:
    """The occurrences of an id as far as its instances are known; practice sessions are none."""
    instances: list[Instance] = []
    for uuid, row in instance_rows(view, object_id):
        if row.discarded:
            continue
        first = earliest_join(view, object_id, uuid) if row.start is None else None
        if (instance := row.as_instance(uuid, first)) is not None:
            instances.append(instance)
    return group(instances, restart_gap)


class Intake:
    """Takes in facts of webhooks."""

    def __init__(
        self, settings: TrackingSettings, registrants: Registrants, reports: Reports, notices: Notices
    ) -> None:
        self._notices = notices
        self._settings = settings
        self._registrants = registrants
        self._reports = reports

    def take(self, view: View, fact: Fact | Chatted, now_ms: int, origin: Origin) -> None:
        """Change the rows that the fact concerns, and see to it that what follows from it will be looked at."""
        if isinstance(fact, Registered):
            self._registered(view, fact, now_ms, origin)
            return
        if isinstance(fact, Converted):
            self._registrants.converted(view, fact, now_ms)
            return
        session = fact.session
        if isinstance(fact, Chatted):
            changed = take_chat(view, fact)
        else:
            changed = isinstance(fact, (Seen, RoleChanged, Bound)) and self._connection(view, fact)
        row_key = key("i", session.object_id, session.uuid)
        data = view.get(TABLE, row_key)
        row = InstanceRow.from_bytes(data) if data else InstanceRow(session.account_id, session.object_type)
        said_new = row.add(session, fact if isinstance(fact, Started | Ended) else None)
        said_new = row.note_origin(origin) or said_new
        if said_new or data is None or now_ms - row.heard_ms > HEARD_MS:
            row.heard_ms = max(row.heard_ms, now_ms)
            view.put(TABLE, row_key, row.to_bytes())
        if data is None:
            self._first_heard(view, session, now_ms, origin)
        self._notices.heard(view, fact, now_ms, origin)
        if isinstance(fact, Ended):
            self._reports.plan(view, session.object_id, session.uuid, row, now_ms)
        if row.known_end is not None and (changed or said_new):
            mark_dirty(view, session.object_id, session.uuid, now_ms + int(self._settings.settle * 1000))

    def _connection(self, view: View, fact: Seen | RoleChanged | Bound) -> bool:
        row_key = key("c", fact.session.object_id, fact.session.uuid, fact.connection)
        connection = Connection.from_bytes(view.get(TABLE, row_key))
        changed = connection.add(fact)
        if changed:
            view.put(TABLE, row_key, connection.to_bytes())
        return changed

    def _first_heard(self, view: View, session: Session, now_ms: int, origin: Origin) -> None:
        """An instance is new: ask Zoom about it, and do not wait for its end for ever."""
        subject = Subject(session.account_id, session.object_id, session.object_type, origin)
        ask(view, subject, "session", f"session|{session.uuid}", now_ms)
        self._look_later(view, session.object_id, now_ms, self._settings.abandon_after)

    def _look_later(self, view: View, object_id: str, now_ms: int, seconds: float) -> None:
        job = load_job(view, object_id)
        if schedule(view, object_id, job, now_ms + int(seconds * 1000)):
            save_job(view, object_id, job)

    def _registered(self, view: View, fact: Registered, now_ms: int, origin: Origin) -> None:
        session = fact.session
        subject = Subject(session.account_id, session.object_id, session.object_type, origin)
        if session.object_type == "webinar":
            ask(view, subject, "session", "session|first", now_ms)
        note_registration(view, fact, now_ms)
        self._look_later(view, session.object_id, now_ms, self._settings.retain)
        if not self._registrants.take(view, fact, webhook=True):
            return
        occurrences = occurrences_of(view, session.object_id, self._settings.restart_gap)
        self._registrants.publish(view, subject, [fact.registrant_id], occurrences, now_ms)
        self.registrations_changed(view, session.object_id, occurrences, now_ms)

    def registrations_changed(self, view: View, object_id: str, occurrences: list[Occurrence], now_ms: int) -> None:
        """A registration decides who a connection is and who stayed away: ended occurrences are computed anew."""
        for occurrence in occurrences:
            if occurrence.ended:
                uuid = occurrence.instances[-1].uuid
                mark_dirty(view, object_id, uuid, now_ms + int(self._settings.settle * 1000))
