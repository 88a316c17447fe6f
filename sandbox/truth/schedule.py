"""When a webinar was to be: its schedule entries, and which of them a run belongs to (attendance.md 1). PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sandbox.zoom.state import StateRow
from schemas.instants import parse_instant

ONE_DATE, SERIES = 5, 9
"""Zoom's types of webinars that have a schedule: one time, and recurring with fixed times."""
_CHANGES = ("created", "updated", "deleted")
_MINUTE = 60


class Time(NamedTuple):
    """T and D: scheduled start, and scheduled length in seconds."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """When it is due to be over."""
        return self.start + self.length


@dataclass(frozen=True)
class SaidDate:
    """One thing said about one entry."""

    at_ms: float
    occurrence_id: str
    """Empty: a webinar with one fixed time."""
    start: int | None
    """``None``: it was taken out."""
    length: int | None
    """``None``: it was not said."""


@dataclass(frozen=True)
class DetailsAnswer:
    """An answer of `GET /webinars/{id}`."""

    at: float
    """Seconds since 1970."""
    details: StateRow


def said_by(name: str, event_ts: int, content: dict[str, Any]) -> list[SaidDate]:
    """What a webhook says of the schedule: `registration_…`, `created`, `updated` or `deleted`."""
    gone = name == "deleted"
    rows = content.get("occurrences") or []
    start = None if gone else parse_instant(content.get("start_time"))
    # A registration's `start_time` is the webinar's, whatever it names; a change of occurrences moves no fixed time.
    whole = [] if start is None or (rows and name in _CHANGES) else [SaidDate(event_ts, "", start, _seconds(content))]
    return whole + [
        SaidDate(
            event_ts,
            str(row.get("occurrence_id") or ""),
            None if gone or row.get("status") == "deleted" else parse_instant(row.get("start_time")),
            _seconds(row) or _seconds(content),
        )
        for row in rows
    ]


def _said_in(reading: DetailsAnswer) -> list[SaidDate]:
    details, at_ms = reading.details, reading.at * 1_000
    if details.get("type") == ONE_DATE:
        return [SaidDate(at_ms, "", parse_instant(details.get("start_time")), _seconds(details))]
    return [
        SaidDate(
            at_ms,
            str(row["occurrence_id"]),
            None if row.get("status") == "deleted" else parse_instant(row.get("start_time")),
            _seconds(row) or _seconds(details),
        )
        for row in details.get("occurrences") or ()
    ]


def _seconds(row: StateRow) -> int | None:
    minutes = row.get("duration")
    return int(minutes) * _MINUTE if minutes else None


@dataclass
class BookedEntry:
    """One entry of a schedule."""

    occurrence_id: str
    said: list[SaidDate] = field(default_factory=list)
    """In the order in which it was said."""
    dropped_at_ms: float | None = None
    """When Zoom was first heard to have deleted or forgotten it; a run that began before stays with it."""

    @property
    def starts(self) -> set[int]:
        """Every T that it ever had."""
        return {date.start for date in self.said if date.start is not None}

    @property
    def latest(self) -> Time | None:
        """As it stands now."""
        times = self._times()
        return times[-1][1] if times else None

    def seen_by(self, start: int, end: int) -> Time | None:
        """Its (T, D) for a run: what was said last before its end or first after it, whichever is nearer to S."""
        if self.dropped_at_ms is not None and start * 1_000 >= self.dropped_at_ms:
            return None
        times = self._times()
        before = [time for at_ms, time in times if at_ms <= end * 1_000]
        after = [time for at_ms, time in times if at_ms > end * 1_000]
        return min([*before[-1:], *after[:1]], key=lambda time: abs(start - time.start), default=None)

    def _times(self) -> list[tuple[float, Time]]:
        """A length that was not said is the one said last before, else the first one said."""
        lengths = [date.length for date in self.said if date.length is not None]
        length = lengths[0] if lengths else 0
        found = []
        for date in self.said:
            length = date.length if date.length is not None else length
            if date.start is not None:
                found.append((date.at_ms, Time(date.start, length)))
        return found


def entries_of(session_type: int, plans: Iterable[SaidDate], readings: Iterable[DetailsAnswer]) -> list[BookedEntry]:
    """The schedule of a webinar; none for types without fixed times.

    Zoom's answers say which entries there are; without an answer the webhooks do. Both say when an entry was to be.
    """
    if session_type not in (ONE_DATE, SERIES):
        return []
    answers = sorted(readings, key=lambda reading: reading.at)
    # Only occurrences are entries of a series, and only the webinar itself is the one of a fixed time.
    told = [plan for plan in plans if bool(plan.occurrence_id) == (session_type == SERIES)]
    read = [date for reading in answers for date in _said_in(reading)]
    found = {date.occurrence_id: BookedEntry(date.occurrence_id) for date in (read or told) if date.start is not None}
    for date in sorted([*told, *read], key=lambda said: (said.at_ms, said.start or 0)):
        if date.occurrence_id in found:
            found[date.occurrence_id].said.append(date)
    for entry in found.values():
        entry.dropped_at_ms = _dropped_at(entry, answers)
    return list(found.values())


def had_dates(session_type: int, entries: list[BookedEntry], readings: Iterable[DetailsAnswer]) -> bool:
    """Whether anybody can tell when a webinar was to be: of a series with deleted occurrences alone, never again."""
    return bool(entries) or (session_type == SERIES and any(reading.details.get("occurrences") for reading in readings))


def _dropped_at(entry: BookedEntry, answers: list[DetailsAnswer]) -> float | None:
    """Deleted, or not in an answer, and never said to be there again."""
    silent = [
        SaidDate(reading.at * 1_000, entry.occurrence_id, None, None)
        for reading in answers
        if entry.occurrence_id not in {date.occurrence_id for date in _said_in(reading)}
    ]
    dropped: float | None = None
    for date in sorted([*entry.said, *silent], key=lambda said: said.at_ms):
        if date.start is not None:
            dropped = None
        elif dropped is None:
            dropped = date.at_ms
    return dropped
