"""Zoom's report of one run: its rows as connections, and when it is settled (attendance.md 4). PURE."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from processors.attendance.rules.connections import Connection
from processors.attendance.rules.fields import FieldError, identifier, instant, readable, text, whole
from schemas.codec import normalise_email, pack, unpack
from schemas.instants import SECONDS_PER_DAY

IN_WAITING_ROOM = "in_waiting_room"
"""`status` of rows that are no presence: https://developers.zoom.us/docs/api/meetings/ (checked 2026-11-21)."""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One row: one interval with the identity it shows."""

    name: str
    """Names the row among those of its run: the same row of two readings has one name."""
    connection: Connection
    duration: int
    waiting: bool
    unfinished: bool
    """A duration of 0 although its leave is after its join: Zoom has not finished the report."""


def parse_lines(rows: Iterable[dict[str, Any]]) -> list[ReportLine]:
    """Those of a page that can be read and are intervals."""
    return readable(rows, parse_line)


def parse_line(row: dict[str, Any]) -> ReportLine | None:
    """A row of the report; ``None`` for one without a join or a leave, which is no interval."""
    join, leave = instant(row, "join_time"), instant(row, "leave_time")
    if join is None or leave is None:
        return None
    number = identifier(row.get("user_id"))
    connection = Connection(
        joins=[join],
        leaves=[max(join, leave)],
        registrant_id=identifier(row.get("registrant_id")),
        email=normalise_email(row.get("user_email")),
        user_id=identifier(row.get("participant_user_id")) or identifier(row.get("id")),
        name=text(row.get("name")),
        numbers=[] if number is None else [number],
        internal=row.get("internal_user") is True,
    )
    duration = _seconds(row)
    shown = pack([number, row.get("status"), *connection.shown])
    return ReportLine(
        name=f"{join}.{leave}.{hashlib.sha256(shown).hexdigest()[:12]}",
        connection=connection,
        duration=duration,
        waiting=row.get("status") == IN_WAITING_ROOM,
        unfinished=duration == 0 and leave > join,
    )


def _seconds(row: dict[str, Any]) -> int:
    """Its duration; one that cannot be read is as one of 0, since join and leave say when somebody was there."""
    try:
        return whole(row, "duration") or 0
    except FieldError:
        return 0


@dataclass(slots=True)
class ReportRow:
    """A row as it is kept, stamped with the reading it is of: those of earlier readings do not count."""

    reading: int
    connection: Connection

    @classmethod
    def from_bytes(cls, data: bytes) -> ReportRow:
        """Parse a row."""
        reading, _, connection = data.partition(b"|")
        return cls(int(reading), Connection.from_bytes(connection))

    def to_bytes(self) -> bytes:
        """The row."""
        return b"%d|%s" % (self.reading, self.connection.to_bytes())


@dataclass(slots=True)
class Reading:
    """What one reading of the report added up to, page by page (a page may come twice)."""

    pages: dict[str, list[int]] = field(default_factory=dict)
    """Page number to [rows, seconds, unfinished rows]."""

    def add(self, page: int, lines: Iterable[ReportLine]) -> None:
        """Note a page."""
        rows = list(lines)
        self.pages[str(page)] = [len(rows), sum(row.duration for row in rows), sum(row.unfinished for row in rows)]

    @property
    def sums(self) -> list[int]:
        """[rows, seconds, unfinished rows] of the whole reading."""
        return [sum(page[place] for page in self.pages.values()) for place in range(3)]


def is_old(end: int, now_ms: int) -> bool:
    """Whether a reading made now settles the report of a run that ended then (seconds), whatever its rows say."""
    return now_ms > (end + SECONDS_PER_DAY) * 1000


Settled = Literal["live", "report"]


@dataclass(slots=True)
class ReportState:
    """The readings of one run's report as a table row."""

    learned_ms: int
    """When the worker learned of the end: the checks count from here."""
    next_check: int = 0
    previous: list[int] | None = None
    """Sums of the last reading that was found; ``None`` before, and after one that was not."""
    reading: Reading = field(default_factory=Reading)
    settled: Settled | None = None
    settled_reading: int = -1
    """Which check's rows stand once the report has settled."""

    @classmethod
    def from_bytes(cls, data: bytes) -> ReportState:
        """Parse a row."""
        learned_ms, next_check, previous, pages, settled, settled_reading = unpack(data)
        return cls(learned_ms, next_check, previous, Reading(pages), settled, settled_reading)

    def to_bytes(self) -> bytes:
        """The row."""
        fields = [self.learned_ms, self.next_check, self.previous, self.reading.pages, self.settled]
        return pack([*fields, self.settled_reading])

    def check_at_ms(self, checks: Sequence[float]) -> int:
        """When the report is read next; `checks` are seconds after the end, and the last stands for any beyond."""
        return self.learned_ms + int(checks[min(self.next_check, len(checks) - 1)] * 1000)

    def conclude(self, *, checks: int, found: bool, end: int, now_ms: int) -> bool:
        """Judge the reading that is complete now; true when the report has settled.

        Args:
            checks: how many there are in all.
            found: Zoom had a report (it may be empty).
            end: E of the run, seconds.
            now_ms: when the reading was made.
        """
        check, self.next_check = self.next_check, self.next_check + 1
        last = self.next_check >= checks
        sums, self.reading = self.reading.sums, Reading()
        rows, _seconds, unfinished = sums
        if found and rows:
            stable = not unfinished and self.previous == sums
            old = is_old(end, now_ms)
            self.previous = sums
            if stable or last or old:
                self.settled, self.settled_reading = "report", check
        else:
            self.previous = None
            if last:
                # Zoom may still redeliver webhooks until then, so the live result settles only now.
                self.settled = "live"
        return self.settled is not None
