"""State that stays small: what is older than `sessions.retain` goes, in bounded steps. PURE.

Age counts from receipt (or from a scheduled start still to come), so a back-fill is not deleted on arrival. An event
that comes for a session already forgotten begins a new one, whose revisions start again and overwrite nothing newer.
"""

from __future__ import annotations

from collections.abc import Iterator

from processors.attendance.book.book import ATTENDANCE_TABLE, Book
from processors.attendance.book.rows import (
    BOOK_KINDS,
    DESCRIBED_DETAILS,
    HEARD,
    QUESTION,
    RECORDING,
    RUN,
    SCHEDULE,
    Heard,
)


def expires_ms(book: Book, retain: float) -> dict[str, int]:
    """When each run expires, by uuid; once none is left, under ``""`` when the webinar's own rows do.

    Empty: there is nothing to forget.
    """
    retain_ms = int(retain * 1000)
    times = {uuid: row.heard_ms + retain_ms for (uuid,), row in book.scan(RUN)}
    for (uuid,), recording in book.scan(RECORDING):
        # Of a run that nothing else was heard of.
        times.setdefault(uuid, recording.heard_ms + retain_ms)
    if times or next(_keys(book, ""), None) is None:
        return times
    heard, details, schedule = book.get(HEARD) or Heard(), book.get(DESCRIBED_DETAILS), book.get(SCHEDULE)
    starts = [heard.latest_start, (details.start if details else None) or 0]
    starts += [entry.start for entry in (schedule.entries() if schedule else [])]
    return {"": max(heard.at_ms, max(starts) * 1000) + retain_ms}


def delete_expired(book: Book, uuid: str, most: int) -> bool:
    """Delete rows of an expired run (``""``: of the webinar), at most so many; true when none is left."""
    for deleted, key in enumerate(list(_keys(book, uuid))):
        if deleted >= most:
            return False
        book.view.delete(ATTENDANCE_TABLE, key)
    return True


def _keys(book: Book, uuid: str) -> Iterator[bytes]:
    """Keys in the order in which they go."""
    for kind in BOOK_KINDS:
        if kind.goes == ("with its run" if uuid else "with its webinar"):
            if uuid and kind is RUN:
                # Questions about a run go with it.
                for parts, _question in book.scan(QUESTION):
                    if parts[1] == uuid:
                        yield book.key(QUESTION, *parts)
            parts = (uuid,) if uuid else ()
            if book.has(kind, *parts):
                yield book.key(kind, *parts)
            for key, _row in book.view.scan(ATTENDANCE_TABLE, book.key(kind, *parts, "")):
                yield key
