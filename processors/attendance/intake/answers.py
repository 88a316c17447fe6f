"""What Zoom's answers change, by the kind of question. PURE."""

from __future__ import annotations

from collections.abc import Callable

from processors.attendance.book.keys import TABLE, key, last_part, prefix
from processors.attendance.closing.closing import Closing
from processors.attendance.closing.ending import REPORT_SCOPE, take_past_session, take_report_end
from processors.attendance.closing.jobs import mark_dirty
from processors.attendance.closing.reconciliation import take_absentees, take_totals
from processors.attendance.closing.reports import Reports
from processors.attendance.intake.asked import (
    Question,
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
from processors.attendance.intake.events import Intake, occurrences_of
from processors.attendance.intake.interaction import take_participation
from processors.attendance.intake.recordings import Recordings
from processors.attendance.intake.registrants import Registrants
from processors.attendance.rules.instances import InstanceRow
from processors.attendance.settings import TrackingSettings
from processors.engine.view import View
from schemas.lookups import LookupKind, LookupResult

Take = Callable[[View, LookupResult, Question | None, int], None]
"""(view, page, the question when this is its last page, wall clock in milliseconds)."""


class Answers:
    """Takes in pages of answers, and lets the closing go on that waited for them."""

    def __init__(
        self,
        settings: TrackingSettings,
        intake: Intake,
        registrants: Registrants,
        reports: Reports,
        closing: Closing,
    ) -> None:
        self._settings = settings
        self._intake = intake
        self._registrants = registrants
        self._reports = reports
        self._closing = closing
        self._recordings = Recordings(settings)
        self._take: dict[LookupKind, Take] = {
            "session": self._session,
            "registrants": self._registrants_listed,
            "panelists": lambda view, result, _asked, _now: take_panelists(view, result),
            "identities": self._identities,
            "past_session": self._past_session,
            "report": self._report,
            "absentees": lambda view, result, _asked, _now: take_absentees(view, result),
            "polls": lambda view, result, _asked, _now: take_participation(view, result, "polls"),
            "questions": lambda view, result, _asked, _now: take_participation(view, result, "questions"),
            "recordings": lambda view, result, _asked, now_ms: self._recordings.take_answer(view, result, now_ms),
        }

    def take(self, view: View, result: LookupResult, now_ms: int) -> None:
        """One page; pages of a question that was not asked, or repeats of its last one, change nothing more."""
        asked = answered(view, result)
        self._take[result.lookup](view, result, asked, now_ms)
        if asked is not None:
            self._closing.resume(view, result.object_id, now_ms)

    def _session(self, view: View, result: LookupResult, asked: Question | None, now_ms: int) -> None:
        """Details first, then the registrants: what is published of them needs the topic."""
        take_details(view, result)
        if asked is not None and result.object_type == "webinar":
            ask(view, _subject(result), "registrants", f"registrants|{scope_of(result)}", now_ms)

    def _registrants_listed(self, view: View, result: LookupResult, _asked: Question | None, now_ms: int) -> None:
        """Rows of Zoom's list are facts like those of webhooks, only never newer."""
        object_id = result.object_id
        scheduled = details(view, object_id).occurrences
        listed_for = [each for each in scheduled if each[0] == result.occurrence_id]
        facts = listed_registrations(result, listed_for)
        changed = [each.registrant_id for each in facts if self._registrants.take(view, each, webhook=False)]
        if not changed:
            return
        occurrences = occurrences_of(view, object_id, self._settings.restart_gap)
        self._registrants.publish(view, _subject(result), changed, occurrences, now_ms)
        self._intake.registrations_changed(view, object_id, occurrences, now_ms)

    def _identities(self, view: View, result: LookupResult, asked: Question | None, now_ms: int) -> None:
        """Registrations wait until it is known whether their address is an own user's."""
        take_identities(view, result, asked)
        if asked is None or result.object_type != "webinar":
            return
        waiting = [
            last_part(row_key)
            for contact in asked.contacts
            for row_key, _data in view.scan(TABLE, prefix("q", result.object_id, contact))
        ]
        if waiting:
            occurrences = occurrences_of(view, result.object_id, self._settings.restart_gap)
            self._registrants.publish(view, _subject(result), waiting, occurrences, now_ms)

    def _past_session(self, view: View, result: LookupResult, asked: Question | None, now_ms: int) -> None:
        if scope_of(result).startswith("totals|"):
            take_totals(view, result)
        elif asked is not None and take_past_session(view, result, now_ms):
            self._end_known(view, result, now_ms)

    def _report(self, view: View, result: LookupResult, asked: Question | None, now_ms: int) -> None:
        if not scope_of(result).startswith(REPORT_SCOPE):
            self._reports.take(view, result, asked, now_ms)
        elif take_report_end(view, result):
            self._end_known(view, result, now_ms)

    def _end_known(self, view: View, result: LookupResult, now_ms: int) -> None:
        """A session that fell silent has an end now."""
        uuid = result.session_uuid or ""
        data = view.get(TABLE, key("i", result.object_id, uuid))
        if data is None:
            return
        self._reports.plan(view, result.object_id, uuid, InstanceRow.from_bytes(data), now_ms)
        mark_dirty(view, result.object_id, uuid, now_ms)


def _subject(result: LookupResult) -> Subject:
    return Subject(result.account_id, result.object_id, result.object_type, result.origin)
