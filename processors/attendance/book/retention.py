"""State that stays small: what is older than `sessions.retain` goes, in bounded steps. PURE.

Age counts from receipt (or from a scheduled start still to come), so a back-fill is not deleted on arrival. An event
that comes for a session already forgotten begins a new one, whose revisions start again and overwrite nothing newer.
"""

from __future__ import annotations

from collections.abc import Iterator

from processors.attendance.book.keys import TABLE, key, last_part, prefix
from processors.attendance.intake.asked import details
from processors.attendance.rules.facts import Registered
from processors.attendance.rules.instances import InstanceRow
from processors.attendance.rules.recordings import RecordingRow
from processors.engine.view import View
from schemas.codec import pack, unpack

DAY_MS = 86_400_000
_OF_INSTANCE = ("s", "r", "y", "v", "t", "c", "a", "n", "b", "m", "w", "z")
"""The session's own row first: what is left of an interrupted sweep is then nothing that was published."""
_OF_OBJECT = ("g", "q", "e", "x", "p", "u", "k", "d", "f", "o", "h")


def note_registration(view: View, fact: Registered, now_ms: int) -> None:
    """Remember, to within a day, when registrations were last heard of, and the latest start they are for."""
    row_key = key("h", fact.session.object_id)
    data = view.get(TABLE, row_key)
    heard_ms, latest_start = unpack(data) if data else (0, 0)
    start = max([fact.session.start or 0, *(start for _id, start in fact.occurrences)])
    if now_ms - heard_ms > DAY_MS or start > latest_start:
        view.put(TABLE, row_key, pack([now_ms, max(start, latest_start)]))


def expires_ms(view: View, object_id: str, retain: float) -> dict[str, int]:
    """When each instance expires, by uuid; once none is left, under ``""`` when the object's own rows do.

    Empty: there is nothing to forget.
    """
    retain_ms = int(retain * 1000)
    times = {
        last_part(row_key): InstanceRow.from_bytes(data).heard_ms + retain_ms
        for row_key, data in view.scan(TABLE, prefix("i", object_id))
    }
    for row_key, row in view.scan(TABLE, prefix("w", object_id)):
        # Of a session that nothing else was heard of.
        times.setdefault(last_part(row_key), RecordingRow.from_bytes(row).heard_ms + retain_ms)
    if times or next(_rows(view, object_id, ""), None) is None:
        return times
    data = view.get(TABLE, key("h", object_id))
    heard_ms, latest_start = unpack(data) if data else (0, 0)
    known = details(view, object_id)
    starts = [latest_start, known.start or 0, *(start for _id, start in known.occurrences)]
    return {"": max(heard_ms, max(starts) * 1000) + retain_ms}


def forget(view: View, object_id: str, uuid: str, most: int) -> bool:
    """Delete rows of an expired instance (``""``: of the object), at most so many; true when none is left."""
    for deleted, row_key in enumerate(_rows(view, object_id, uuid)):
        if deleted >= most:
            return False
        view.delete(TABLE, row_key)
    return True


def _rows(view: View, object_id: str, uuid: str) -> Iterator[bytes]:
    """Keys in the order in which they go; the row that says that there is something to forget goes last."""
    if uuid:
        for kind in _OF_INSTANCE:
            yield from _below(view, kind, object_id, uuid)
        for row_key, _data in view.scan(TABLE, prefix("k", object_id)):
            if f"|{uuid}".encode() in row_key:
                yield row_key
        yield key("i", object_id, uuid)
        return
    for kind in _OF_OBJECT:
        yield from _below(view, kind, object_id)


def _below(view: View, kind: str, *parts: str) -> Iterator[bytes]:
    if view.get(TABLE, key(kind, *parts)) is not None:
        yield key(kind, *parts)
    for row_key, _data in view.scan(TABLE, prefix(kind, *parts)):
        yield row_key
