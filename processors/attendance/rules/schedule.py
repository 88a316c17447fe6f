"""When a webinar was to be held, as far as anybody said, and what of that a run sees (attendance.md 1). PURE.

A date keeps its occurrence_id when it is moved, and a webinar that was held may get a new date under its old id. So a
row keeps what was said with the instant at which it was said, and a run looks at it from its own end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

from schemas.attendance import Scheduled
from schemas.codec import pack, unpack
from schemas.instants import HOUR_MS, as_datetime

_T = TypeVar("_T", bound=tuple[Any, ...])
ScheduleSource = Literal["reading", "event", "registration"]
FIXED, RECURRING = 5, 9
"""`type` of webinars with one date and with several: https://developers.zoom.us/docs/api/meetings/, checked 2026-11-26.
Those of type 6 recur without any date."""


class ScheduleEntry(NamedTuple):
    """A time at which a webinar was to be held; `occurrence_id` is empty where it has only one."""

    occurrence_id: str
    start: int
    """T, seconds since 1970."""
    duration: int
    """D, seconds."""

    @property
    def end(self) -> int:
        """T + D."""
        return self.start + self.duration

    @property
    def told(self) -> Scheduled:
        """As records tell it."""
        occurrence_id, starts_at = self.occurrence_id or None, as_datetime(self.start)
        return Scheduled(occurrence_id=occurrence_id, starts_at=starts_at, duration_seconds=self.duration)


class Said(NamedTuple):
    """One date as somebody said it; what was not said is ``None``."""

    occurrence_id: str
    start: int | None
    duration: int | None
    is_gone: bool = False
    """Deleted."""


class _Statement(NamedTuple):
    at_ms: int
    source: ScheduleSource
    start: int | None
    duration: int | None
    is_gone: bool


@dataclass(slots=True)
class Schedule:
    """The row: a set of statements. One between two that say the same tells no run anything, and is not kept."""

    types: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By source `(milliseconds, type)` of the latest that said it."""
    readings: list[tuple[int, int | None, tuple[Said, ...]]] = field(default_factory=list)
    """(milliseconds, webinar's duration, its dates) of Zoom's answers, in order."""
    said: dict[str, list[_Statement]] = field(default_factory=dict)
    """By occurrence id, what events and registrations said, in order."""

    @classmethod
    def from_bytes(cls, data: bytes) -> Schedule:
        """Parse a row."""
        types, readings, said = unpack(data)
        return cls(
            {source: (at_ms, zoom_type) for source, (at_ms, zoom_type) in types.items()},
            [(at_ms, duration, tuple(Said(*date) for date in dates)) for at_ms, duration, dates in readings],
            {key: [_Statement(*statement) for statement in statements] for key, statements in said.items()},
        )

    def to_bytes(self) -> bytes:
        """The same bytes for the same set of statements."""
        types = {source: self.types[source] for source in sorted(self.types)}
        readings = [[at_ms, duration, [list(date) for date in dates]] for at_ms, duration, dates in self.readings]
        return pack(
            [types, readings, {key: [list(statement) for statement in self.said[key]] for key in sorted(self.said)}]
        )

    def read(self, at_ms: int, zoom_type: int | None, duration: int | None, dates: Iterable[Said]) -> None:
        """Zoom's whole answer."""
        self._note_type("reading", at_ms, zoom_type)
        kept = sorted(
            {*self.readings, (at_ms, duration, tuple(sorted(set(dates), key=_key)))}, key=lambda reading: reading[0]
        )
        self.readings = _without_repeats(kept)

    def hear(self, at_ms: int, source: ScheduleSource, zoom_type: int | None, dates: Iterable[Said]) -> None:
        """What a webhook says of some of its dates."""
        self._note_type(source, at_ms, zoom_type)
        for date in dates:
            statement = _Statement(at_ms, source, date.start, date.duration, date.is_gone)
            known = self.said.get(date.occurrence_id, [])
            alike = [said for said in known if said[1:] == statement[1:] and _is_near(said, statement)]
            if not any(said.at_ms <= at_ms for said in alike):
                ordered = sorted([*(said for said in known if said not in alike), statement], key=_key)
                self.said[date.occurrence_id] = _without_repeats(ordered)

    def _note_type(self, source: ScheduleSource, at_ms: int, zoom_type: int | None) -> None:
        if source == "registration":
            at_ms -= at_ms % HOUR_MS
        if zoom_type is not None and (at_ms, zoom_type) > self.types.get(source, (-1, 0)):
            self.types[source] = (at_ms, zoom_type)

    @property
    def zoom_type(self) -> int | None:
        """Zoom's answer first, then what its events say, then registrations."""
        sources: tuple[ScheduleSource, ...] = ("reading", "event", "registration")
        return next((self.types[source][1] for source in sources if source in self.types), None)

    @property
    def recurs(self) -> bool:
        """Whether it has occurrences."""
        return self.zoom_type == RECURRING

    @property
    def has_dates(self) -> bool:
        """Whether there ever was one: Zoom lists it, deleted or not, or a webhook said when it was to be."""
        listed = {date.occurrence_id for _at, _duration, dates in self.readings for date in dates}
        return any(
            occurrence_id in listed or any(not statement.is_gone for statement in self.said[occurrence_id])
            for occurrence_id in self._ids()
        )

    def entries(self, start: int | None = None, end: int | None = None) -> list[ScheduleEntry]:
        """The dates as a run sees them, in order of their start.

        Args:
            start: S of the run: of two values of one date the nearer counts.
            end: its E, seconds; ``None``: of a run under way, which sees what was said last.
        """
        seen = (self._entry(occurrence_id, start, end) for occurrence_id in self._ids())
        return sorted(
            (entry for entry in seen if entry is not None), key=lambda entry: (entry.start, entry.occurrence_id)
        )

    def _ids(self) -> list[str]:
        """Of the dates that a webinar of its type has."""
        told = {*self.said, *(date.occurrence_id for _at, _duration, dates in self.readings for date in dates)}
        return {FIXED: sorted(told & {""}), RECURRING: sorted(told - {""})}.get(self.zoom_type or 0, [])

    def _entry(self, occurrence_id: str, start: int | None, end: int | None) -> ScheduleEntry | None:
        statements = list(self._filled(occurrence_id))
        # With Zoom's answer a date is one only if that (or an event) says so; a registration may still say when.
        exists = [statement for statement in statements if not self.readings or statement.source != "registration"]
        if not _stands(exists, start):
            return None
        near = _around(
            [statement for statement in statements if not statement.is_gone and statement.start is not None], end
        )
        if not near:
            return None
        best = near[0] if start is None else min(near, key=lambda statement: abs((statement.start or 0) - start))
        return ScheduleEntry(occurrence_id, best.start or 0, best.duration or 0)

    def _filled(self, occurrence_id: str) -> Iterator[_Statement]:
        """All statements in order; a part that one does not say is as it was said before."""
        statements = list(self.said.get(occurrence_id, []))
        for at_ms, duration, dates in self.readings:
            listed = next((date for date in dates if date.occurrence_id == occurrence_id), None)
            gone = listed is None or listed.is_gone
            start = listed.start if listed else None
            own = listed.duration if listed and listed.duration is not None else duration
            statements.append(_Statement(at_ms, "reading", start, own, gone))
        ordered = sorted(statements, key=_key)
        start = next((statement.start for statement in ordered if statement.start is not None), None)
        length = next((statement.duration for statement in ordered if statement.duration is not None), None)
        for statement in ordered:
            start = start if statement.start is None else statement.start
            length = length if statement.duration is None else statement.duration
            yield statement._replace(start=start, duration=length)


def _stands(ordered: list[_Statement], start: int | None) -> bool:
    """Whether a date was there when a run began: what is deleted or forgotten only after that takes no session away.

    Who is asked about no run asks how it stands now.
    """
    there = [number for number, statement in enumerate(ordered) if not statement.is_gone]
    if not there:
        return False
    dropped = ordered[there[-1] + 1 :]
    return not dropped or (start is not None and start * 1_000 < dropped[0].at_ms)


def _around(ordered: list[_Statement], end: int | None) -> list[_Statement]:
    """The last statement before an instant and the first after it, if any; without an instant all were before."""
    before = [statement for statement in ordered if end is None or statement.at_ms < end * 1_000]
    after = ordered[len(before) :]
    return [*before[-1:], *after[:1]]


def _is_near(said: _Statement, statement: _Statement) -> bool:
    """Whether one of two that say the same is enough, the earlier.

    Each of thousands of registrations says the same: with the first of an hour few of them change the row. Never an
    earlier instant than that: who registers for a new date, minutes after the old one was held, says nothing of that.
    """
    if said.source != "registration":
        return said.at_ms == statement.at_ms
    return said.at_ms // HOUR_MS == statement.at_ms // HOUR_MS


def _key(statement: tuple[object, ...]) -> tuple[str, ...]:
    """In order of the instant where that is first, and of everything else, which may be missing."""
    return tuple(f"{part:020d}" if isinstance(part, int) else str(part) for part in statement)


def _without_repeats(ordered: list[_T]) -> list[_T]:
    """Only the first and the last of several neighbours that say the same but for the instant, which comes first."""
    return [
        statement
        for number, statement in enumerate(ordered)
        if not (0 < number < len(ordered) - 1 and ordered[number - 1][1:] == statement[1:] == ordered[number + 1][1:])
    ]
