"""The end of a session of which no `ended` came (attendance.md 1). PURE."""

from __future__ import annotations

from processors.attendance.connections import Connection
from processors.attendance.instances import InstanceRow
from processors.engine.view import View
from processors.tracking.jobs import mark_dirty
from processors.tracking.keys import TABLE, key, prefix
from schemas.instants import parse_instant
from schemas.lookups import LookupResult


def take_past_session(view: View, result: LookupResult, now_ms: int) -> None:
    """Close the instance that was asked about; an `ended` that comes later replaces what is noted here."""
    object_id, uuid = result.object_id, result.session_uuid or ""
    row_key = key("i", object_id, uuid)
    data = view.get(TABLE, row_key)
    if data is None:
        return
    row = InstanceRow.from_bytes(data)
    ends = [end for each in result.rows if (end := parse_instant(each.get("end_time"))) is not None]
    if ends:
        row.found_end = max(ends)
    else:
        row.assumed_end = _latest_instant(view, object_id, uuid, row)
    view.put(TABLE, row_key, row.to_bytes())
    mark_dirty(view, object_id, uuid, now_ms)


def _latest_instant(view: View, object_id: str, uuid: str, row: InstanceRow) -> int | None:
    """S, join or leave, whichever is latest; never when an event was sent."""
    instants = [row.start] if row.start is not None else []
    for _key, data in view.scan(TABLE, prefix("c", object_id, uuid)):
        connection = Connection.from_bytes(data)
        instants += connection.joins[-1:] + connection.leaves[-1:]
    return max(instants, default=None)
