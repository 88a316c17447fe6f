"""The end of a session of which no `ended` came (attendance.md 1). PURE.

Zoom is asked for the past session, then for its report, whose latest leave counts; when it has neither, the latest
instant known is assumed. An `ended` that comes later replaces all of it.
"""

from __future__ import annotations

from processors.attendance.book.keys import TABLE, key, prefix
from processors.attendance.intake.asked import Subject, ask
from processors.attendance.rules.connections import Connection
from processors.attendance.rules.instances import InstanceRow
from processors.attendance.rules.reports import parse_line
from processors.engine.view import View
from schemas.instants import parse_instant
from schemas.lookups import LookupResult

REPORT_SCOPE = "end-by-report"


def take_past_session(view: View, result: LookupResult, now_ms: int) -> bool:
    """Note the end that Zoom knows of; without one, ask for the report. True when the end is known now."""
    ends = [end for each in result.rows if (end := parse_instant(each.get("end_time"))) is not None]
    row = _instance(view, result)
    if row is None:
        return False
    if not ends:
        subject = Subject(result.account_id, result.object_id, result.object_type, result.origin)
        scope = f"{REPORT_SCOPE}|{result.session_uuid}"
        ask(view, subject, "report", scope, now_ms, session_uuid=result.session_uuid)
        return False
    row.found_end = max(ends)
    _save(view, result, row)
    return True


def take_report_end(view: View, result: LookupResult) -> bool:
    """The latest leave of the report's people, else the latest instant known. True when this was the last page."""
    row = _instance(view, result)
    if row is None:
        return False
    lines = [line for each in result.rows if (line := parse_line(each)) is not None and not line.waiting]
    leaves = [leave for line in lines for leave in line.connection.leaves]
    if leaves:
        row.found_end = max(leaves) if row.found_end is None else max(row.found_end, *leaves)
    if result.last and row.found_end is None:
        row.assumed_end = _latest_instant(view, result.object_id, result.session_uuid or "", row)
    _save(view, result, row)
    return result.last


def _instance(view: View, result: LookupResult) -> InstanceRow | None:
    data = view.get(TABLE, key("i", result.object_id, result.session_uuid or ""))
    return InstanceRow.from_bytes(data) if data else None


def _save(view: View, result: LookupResult, row: InstanceRow) -> None:
    view.put(TABLE, key("i", result.object_id, result.session_uuid or ""), row.to_bytes())


def _latest_instant(view: View, object_id: str, uuid: str, row: InstanceRow) -> int | None:
    """S, join or leave, whichever is latest; never when an event was sent."""
    instants = [row.start] if row.start is not None else []
    for _key, data in view.scan(TABLE, prefix("c", object_id, uuid)):
        connection = Connection.from_bytes(data)
        instants += connection.joins[-1:] + connection.leaves[-1:]
    return max(instants, default=None)
