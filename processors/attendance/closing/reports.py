"""Scheduled readings of Zoom's report, and the rows they leave (attendance.md 4). PURE."""

from __future__ import annotations

from collections.abc import Iterator

from processors.attendance.book.keys import TABLE, key, last_part, prefix
from processors.attendance.closing.jobs import Job, load_job, mark_dirty, save_job, schedule
from processors.attendance.intake.asked import Question, Subject, ask, scope_of
from processors.attendance.rules.connections import Connection
from processors.attendance.rules.instances import InstanceRow
from processors.attendance.rules.reports import ReportState, parse_line
from processors.attendance.settings import TrackingSettings
from processors.engine.view import View
from schemas.instants import SECONDS_PER_DAY
from schemas.lookups import LookupResult


def report_state(view: View, object_id: str, uuid: str) -> ReportState | None:
    """How far the readings of an instance's report are; ``None`` when none is planned."""
    data = view.get(TABLE, key("m", object_id, uuid))
    return ReportState.from_bytes(data) if data else None


class Reports:
    """Plans and judges the readings."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._checks_ms = [int(seconds * 1000) for seconds in settings.report_checks]

    def plan(self, view: View, object_id: str, uuid: str, row: InstanceRow, now_ms: int) -> None:
        """The end of an instance has become known: read its report at the times that the settings say.

        More than a day after the end the first reading settles it, so that one need not wait.
        """
        if not self._checks_ms or report_state(view, object_id, uuid) is not None:
            return
        view.put(TABLE, key("m", object_id, uuid), ReportState(now_ms).to_bytes())
        job = load_job(view, object_id)
        wait_ms = 0 if _is_old(row, now_ms) else self._checks_ms[0]
        if schedule(view, object_id, job, now_ms + wait_ms):
            save_job(view, object_id, job)

    def due(self, view: View, object_id: str, job: Job, now_ms: int) -> None:
        """Ask for the reports whose time has come, and look again when the next one's does."""
        for row_key, data in list(view.scan(TABLE, prefix("m", object_id))):
            state, uuid = ReportState.from_bytes(data), last_part(row_key)
            instance = view.get(TABLE, key("i", object_id, uuid))
            if state.settled is not None or instance is None:
                continue
            row = InstanceRow.from_bytes(instance)
            at_ms = state.learned_ms + self._checks_ms[min(state.next_check, len(self._checks_ms) - 1)]
            if at_ms > now_ms and not _is_old(row, now_ms):
                schedule(view, object_id, job, at_ms)
            else:
                subject = Subject(row.account_id, object_id, row.object_type, row.origin)
                scope = f"report|{uuid}|{state.next_check}"
                ask(view, subject, "report", scope, now_ms, session_uuid=uuid)

    def take(self, view: View, result: LookupResult, asked: Question | None, now_ms: int) -> None:
        """A page of a reading: its rows replace those of the reading before; the last page is judged."""
        object_id, uuid = result.object_id, result.session_uuid or ""
        state = report_state(view, object_id, uuid)
        if state is None or state.settled is not None or not scope_of(result).endswith(f"|{state.next_check}"):
            return
        lines = [line for row in result.rows if (line := parse_line(row)) is not None]
        state.reading.add(result.page, lines)
        for line in lines:
            if not line.waiting:
                view.put(TABLE, key("t", object_id, uuid, line.name), _stamped(state.next_check, line.connection))
        if asked is not None:
            self._conclude(view, result, state, now_ms)
        view.put(TABLE, key("m", object_id, uuid), state.to_bytes())

    def _conclude(self, view: View, result: LookupResult, state: ReportState, now_ms: int) -> None:
        object_id, uuid = result.object_id, result.session_uuid or ""
        data = view.get(TABLE, key("i", object_id, uuid))
        end = InstanceRow.from_bytes(data).known_end if data else None
        settled = state.conclude(
            checks=len(self._checks_ms), found=result.outcome == "found", end=end or 0, now_ms=now_ms
        )
        if settled:
            mark_dirty(view, object_id, uuid, now_ms)
        else:
            job = load_job(view, object_id)
            if schedule(view, object_id, job, state.learned_ms + self._checks_ms[state.next_check]):
                save_job(view, object_id, job)


def _is_old(row: InstanceRow, now_ms: int) -> bool:
    return row.known_end is not None and now_ms > (row.known_end + SECONDS_PER_DAY) * 1000


def report_connections(
    view: View, object_id: str, uuid: str, start: bytes = b""
) -> Iterator[tuple[str, int, Connection]]:
    """(name, reading, connection) of the rows kept of an instance's report, in order of the name."""
    for row_key, data in view.scan(TABLE, prefix("t", object_id, uuid), start):
        reading, _, connection = data.partition(b"|")
        yield last_part(row_key), int(reading), Connection.from_bytes(connection)


def save_report_connection(
    view: View, object_id: str, uuid: str, name: str, reading: int, connection: Connection
) -> None:
    """Write a row back with where its presence was filed."""
    view.put(TABLE, key("t", object_id, uuid, name), _stamped(reading, connection))


def _stamped(reading: int, connection: Connection) -> bytes:
    return b"%d|%s" % (reading, connection.to_bytes())
