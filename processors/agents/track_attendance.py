"""`track-attendance`: from webhooks and Zoom's answers to who attended, how long, and who stayed away.

Consumes: `zoom.events.raw.v1`, `zoom.lookup-results.v1`, `attendance.ticks.v1`, all keyed by the object's id.
Produces: `attendance.results.v1`, `attendance.sessions.v1`, `zoom.lookups.v1`, `attendance.ticks.v1`.
State: one table, `attendance` (processors/tracking/keys.py); a fact is one row, whatever the size of the session.
Order: none is assumed; rows are sets and extremes, and results are computed from them alone.
On failure: what cannot be read becomes a dead letter of its topic.
"""

from __future__ import annotations

import orjson

from processors.attendance.facts import parse_event
from processors.engine.view import Record, View
from processors.tracking.closing import Closing
from processors.tracking.ending import REPORT_SCOPE, take_past_session, take_report_end
from processors.tracking.intake import Intake, occurrences_of
from processors.tracking.jobs import mark_dirty
from processors.tracking.keys import DUE, TABLE, due_key, parse_due
from processors.tracking.lookups import (
    Subject,
    answered,
    ask,
    details,
    listed_registrations,
    scope_of,
    take_details,
    take_identities,
    take_panelists,
)
from processors.tracking.registrants import Registrants
from processors.tracking.reports import Reports
from processors.tracking.settings import TrackingSettings
from runtime.models import Configuration
from schemas.errors import DeadLetterError
from schemas.instants import as_datetime
from schemas.lookups import LookupResult
from schemas.ticks import Tick
from schemas.topics import LOOKUP_RESULTS, RAW_EVENTS, TICKS, Topic

NAME = "track-attendance"
SOURCES: tuple[Topic, ...] = (RAW_EVENTS, LOOKUP_RESULTS, TICKS)
TABLES: tuple[str, ...] = (TABLE,)
JOBS_PER_TICK = 20
"""Objects whose work one clock tick begins; more of them get a tick of their own."""


class TrackAttendance:
    """The rule of the agent (`view.Rule`)."""

    def __init__(self, configuration: Configuration) -> None:
        self._settings = TrackingSettings.from_configuration(configuration)
        self._registrants = Registrants(self._settings)
        self._reports = Reports(self._settings)
        self._intake = Intake(self._settings, self._registrants, self._reports)
        self._closing = Closing(self._settings)

    def handle(self, record: Record, view: View) -> None:
        """One webhook, one page of an answer, or one tick."""
        if record.value is None:
            raise DeadLetterError("a record without a value")
        if record.topic == RAW_EVENTS.name:
            self._event(record.value, view, record.taken_ms)
        elif record.topic == LOOKUP_RESULTS.name:
            self._answer(LookupResult.from_bytes(record.value), view, record.taken_ms)
        else:
            self._tick(Tick.from_bytes(record.value), view, record.taken_ms)

    def _event(self, value: bytes, view: View, now_ms: int) -> None:
        fact = parse_event(orjson.loads(value))
        if fact is None:
            return
        sync = self._settings.sync.get(fact.session.account_id)
        wanted = sync is None or (sync.webinars if fact.session.object_type == "webinar" else sync.participants)
        if wanted:
            self._intake.take(view, fact, now_ms)

    def _answer(self, result: LookupResult, view: View, now_ms: int) -> None:
        asked = answered(view, result)
        subject = Subject(result.account_id, result.object_id, result.object_type)
        if result.lookup == "identities":
            take_identities(view, result, asked)
            self._publish_waiting(view, subject, scope_of(result), now_ms)
        elif result.lookup == "panelists":
            take_panelists(view, result)
        elif result.lookup == "registrants":
            self._registrants_listed(view, subject, result, now_ms)
        elif result.lookup == "session":
            take_details(view, result)
            if asked is not None and result.object_type == "webinar":
                ask(view, subject, "registrants", f"registrants|{scope_of(result)}", now_ms)
        elif result.lookup == "report" and not scope_of(result).startswith(REPORT_SCOPE):
            self._reports.take(view, result, asked, now_ms)
        elif asked is not None or result.lookup == "report":
            self._end_known(view, result, now_ms)
        if asked is not None:
            self._closing.resume(view, result.object_id, now_ms)

    def _end_known(self, view: View, result: LookupResult, now_ms: int) -> None:
        """Zoom was asked for the end of a session that fell silent."""
        by_report = result.lookup == "report"
        known = take_report_end(view, result) if by_report else take_past_session(view, result, now_ms)
        if known:
            uuid = result.session_uuid or ""
            self._reports.plan(view, result.object_id, uuid, now_ms)
            mark_dirty(view, result.object_id, uuid, now_ms)

    def _registrants_listed(self, view: View, subject: Subject, result: LookupResult, now_ms: int) -> None:
        """Rows of Zoom's list are facts like those of webhooks, only never newer."""
        scheduled = details(view, subject.object_id).occurrences
        listed_for = [each for each in scheduled if each[0] == result.occurrence_id]
        changed = [
            fact.registrant_id
            for fact in listed_registrations(result, listed_for)
            if self._registrants.take(view, fact, webhook=False)
        ]
        if not changed:
            return
        occurrences = occurrences_of(view, subject.object_id, self._settings.restart_gap)
        for registrant_id in changed:
            self._registrants.publish(view, subject, registrant_id, occurrences, now_ms)
        self._intake.registrations_changed(view, subject.object_id, occurrences, now_ms)

    def _publish_waiting(self, view: View, subject: Subject, scope: str, now_ms: int) -> None:
        """A registration waited for whether its address is an own user's."""
        kind, _, rest = scope.partition("|")
        if kind == "identity":
            occurrences = occurrences_of(view, subject.object_id, self._settings.restart_gap)
            self._registrants.publish(view, subject, rest.partition("|")[0], occurrences, now_ms)

    def _tick(self, tick: Tick, view: View, now_ms: int) -> None:
        if tick.kind == "continue":
            object_id, _, step = (tick.job or "").rpartition("#")
            self._closing.step(view, object_id, int(step), now_ms)
            return
        due = []
        for row_key, _value in view.scan(TABLE, DUE):
            at_ms, object_id = parse_due(row_key)
            if at_ms > now_ms:
                break
            due.append((at_ms, object_id))
            if len(due) > JOBS_PER_TICK:
                break
        for at_ms, object_id in due[:JOBS_PER_TICK]:
            view.delete(TABLE, due_key(at_ms, object_id))
            self._closing.due(view, object_id, now_ms)
        for _at_ms, object_id in due[JOBS_PER_TICK:]:
            again = Tick(kind="clock", now=as_datetime(now_ms // 1000))
            view.send(TICKS.name, object_id.encode(), again.to_bytes())
