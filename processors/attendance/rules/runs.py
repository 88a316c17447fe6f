"""One run (uuid) as its table row: what its live events said of it (attendance.md 1). PURE.

The row holds minima and maxima and, where events disagree (a renamed topic), what the latest event said.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

from processors.attendance.rules.facts import Ended, Event, Started
from schemas.attendance import ObjectType, Origin
from schemas.codec import pack, unpack

LIVELINESS: tuple[Origin, ...] = ("backfill", "replay", "live")
"""Of what brought an event, rising."""


class Run(NamedTuple):
    """One uuid with its start and, once known, its end; seconds since 1970."""

    uuid: str
    start: int
    end: int | None
    zoom_type: int | None = None
    end_assumed: bool = False

    @property
    def span(self) -> tuple[int, int]:
        """[S, E] of a run that has ended."""
        return self.start, max(self.start, self.end if self.end is not None else self.start)


@dataclass(slots=True)
class RunRow:
    """What is known of one uuid; instants in seconds since 1970, `event_ts` in milliseconds."""

    account_id: str
    object_type: ObjectType
    start: int | None = None
    """The smallest `start_time` of its live events."""
    end: int | None = None
    """The largest `end_time` of its `ended` events."""
    practice: bool = False
    """Some `ended` said that it was a practice session."""
    live: bool = False
    """Some `ended` said that it was none."""
    zoom_type: int | None = None
    topic: str = ""
    host_id: str = ""
    host_email: str | None = None
    described_at: int = -1
    """`event_ts` of the `started` or `ended` that topic, type and host are from, -1 for events of participants; of two
    at one time the larger description."""
    past_end: int | None = None
    """`end_time` of Zoom's past meeting, asked for when no `ended` came."""
    report_end: int | None = None
    """The latest leave in its report, once that is needed."""
    assumed_end: int | None = None
    """The latest instant known when the run was given up."""
    origin: Origin = "backfill"
    """`live` once any of its events was; else `replay` before `backfill`."""
    heard_ms: int = 0
    """When its last event was received, to within a minute."""

    @classmethod
    def from_bytes(cls, data: bytes) -> RunRow:
        """Parse a row."""
        return cls(*unpack(data))

    def to_bytes(self) -> bytes:
        """The same bytes for the same set of facts (`heard_ms` aside)."""
        return pack([getattr(self, each.name) for each in _FIELDS])

    def add(self, event: Event, lifecycle: Started | Ended | None = None) -> bool:
        """Take in one live event; false when it said nothing new.

        Args:
            event: what it says of its run.
            lifecycle: the event itself where it tells of the start or the end. What such events call the run counts
                before what those of participants do, and of them the latest.
        """
        changed = self._describe(event, -1 if lifecycle is None else event.event_ts)
        if event.start is not None and (self.start is None or event.start < self.start):
            self.start, changed = event.start, True
        if event.host_email is not None and (self.host_email is None or event.host_email < self.host_email):
            self.host_email, changed = event.host_email, True
        return (isinstance(lifecycle, Ended) and self._end(event, lifecycle)) or changed

    def note_origin(self, origin: Origin) -> bool:
        """What brought an event of it: the liveliest counts, whatever came first; false when that is known."""
        if LIVELINESS.index(origin) <= LIVELINESS.index(self.origin):
            return False
        self.origin = origin
        return True

    def note_report_end(self, leave: int) -> bool:
        """The latest leave of a reading of its report; false when that moves nothing."""
        before = self.known_end
        self.report_end = leave if self.report_end is None else max(self.report_end, leave)
        return self.known_end != before

    def _describe(self, event: Event, said_at: int) -> bool:
        if said_at < self.described_at:
            return False
        said = (event.zoom_type, event.topic, event.host_id)
        known = (self.zoom_type, self.topic, self.host_id)
        newer = said_at > self.described_at
        if not newer and (said == known or _rank(said) < _rank(known)):
            return False
        (self.zoom_type, self.topic, self.host_id), self.described_at = said, said_at
        return True

    def _end(self, event: Event, ended: Ended) -> bool:
        before = (self.end, self.practice, self.live)
        end = ended.end if ended.end is not None else event.event_ts // 1000
        self.end = end if self.end is None else max(self.end, end)
        self.practice, self.live = self.practice or ended.practice, self.live or not ended.practice
        return before != (self.end, self.practice, self.live)

    @property
    def known_end(self) -> int | None:
        """E: what stands earlier counts, whatever came first."""
        known = (self.end, self.past_end, self.report_end, self.assumed_end)
        return next((end for end in known if end is not None), None)

    @property
    def discarded(self) -> bool:
        """Every `ended` said that it was a practice session."""
        return self.practice and not self.live

    def as_run(self, uuid: str, earliest: int | None) -> Run | None:
        """The run for grouping; ``None`` while nothing says when it began.

        Args:
            uuid: its name.
            earliest: the earliest join (else leave) of anybody, for a run whose events name no start.
        """
        start = self.start if self.start is not None else earliest
        if start is None:
            return None
        only_assumed = self.end is None and self.past_end is None and self.report_end is None
        return Run(uuid, start, self.known_end, self.zoom_type, only_assumed and self.assumed_end is not None)


_FIELDS = fields(RunRow)


def _rank(described: tuple[int | None, str, str]) -> tuple[int, str, str]:
    zoom_type, topic, host_id = described
    return -1 if zoom_type is None else zoom_type, topic, host_id
