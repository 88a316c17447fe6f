"""One run (uuid) as its table row: what its live events said of it (attendance.md 1). PURE.

The row holds minima and maxima and, where events disagree (a renamed topic), what the latest event said.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypedDict

from processors.attendance.rules.facts import Ended, Event, Started
from schemas.attendance import ObjectType, Origin
from schemas.codec import pack, unpack

LIVELINESS: tuple[Origin, ...] = ("backfill", "backfill_with_events", "replay", "live")
"""Of what brought an event, rising."""


def liveliest(origins: Iterable[Origin]) -> Origin:
    """Of what brought several facts of one thing."""
    return max(origins, key=LIVELINESS.index)


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


class RunTold(TypedDict):
    """What every record about a run, or about a session that begins with it, says of the two."""

    account_id: str
    object_id: str
    object_type: ObjectType
    topic: str
    host_id: str


class RunRow(NamedTuple):
    """What is known of one uuid; instants in seconds since 1970, `event_ts` in milliseconds.

    What takes something in returns the row with it: the same object when that is nothing new.
    """

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
    """`event_ts` of the `started` or `ended` that topic, type, host and time zone are from, -1 for events of
    participants; of two at one time the larger description."""
    past_end: int | None = None
    """`end_time` of Zoom's past meeting, asked for when no `ended` came."""
    report_end: int | None = None
    """The latest leave in its report, once that is needed."""
    assumed_end: int | None = None
    """The latest instant known when the run was given up."""
    origin: Origin = "backfill"
    """The liveliest of what brought its events."""
    heard_ms: int = 0
    """When its last event was received, to within a minute."""
    time_zone: str = ""
    """Of its start, as what described it has it: for dates of a webinar or meeting that Zoom does not answer for."""

    @classmethod
    def from_bytes(cls, data: bytes) -> RunRow:
        """Parse a row."""
        return cls(*unpack(data))

    def to_bytes(self) -> bytes:
        """The same bytes for the same set of facts (`heard_ms` aside)."""
        return pack(list(self))

    def with_event(self, event: Event, lifecycle: Started | Ended | None = None) -> RunRow:
        """Take in one live event.

        Args:
            event: what it says of its run.
            lifecycle: the event itself where it tells of the start or the end. What such events call the run counts
                before what those of participants do, and of them the latest.
        """
        row = self._described(event, -1 if lifecycle is None else event.event_ts)
        if event.start is not None and (row.start is None or event.start < row.start):
            row = row._replace(start=event.start)
        if event.host_email is not None and (row.host_email is None or event.host_email < row.host_email):
            row = row._replace(host_email=event.host_email)
        return _ended(row, event, lifecycle) if isinstance(lifecycle, Ended) else row

    def brought_by(self, origin: Origin) -> RunRow:
        """Take in what brought an event of it: the liveliest counts, whatever came first."""
        if origin == self.origin or LIVELINESS.index(origin) < LIVELINESS.index(self.origin):
            return self
        return self._replace(origin=origin)

    def reported(self, leave: int) -> RunRow:
        """Take in the latest leave of a reading of its report."""
        if self.report_end is not None and leave <= self.report_end:
            return self
        return self._replace(report_end=leave)

    def _described(self, event: Event, said_at: int) -> RunRow:
        if said_at < self.described_at:
            return self
        said = (event.zoom_type, event.topic, event.host_id, event.time_zone or "")
        if said_at == self.described_at:
            known = (self.zoom_type, self.topic, self.host_id, self.time_zone)
            if said == known or _rank(said) < _rank(known):
                return self
        zoom_type, topic, host_id, time_zone = said
        return self._replace(
            zoom_type=zoom_type, topic=topic, host_id=host_id, time_zone=time_zone, described_at=said_at
        )

    @property
    def known_end(self) -> int | None:
        """E: what stands earlier counts, whatever came first."""
        if self.end is not None:
            return self.end
        if self.past_end is not None:
            return self.past_end
        return self.assumed_end if self.report_end is None else self.report_end

    @property
    def discarded(self) -> bool:
        """Every `ended` said that it was a practice session."""
        return self.practice and not self.live

    def told(self, object_id: str) -> RunTold:
        """The fields of a record about it; `object_id`: the webinar's or meeting's."""
        return {
            "account_id": self.account_id,
            "object_id": object_id,
            "object_type": self.object_type,
            "topic": self.topic,
            "host_id": self.host_id,
        }

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


def _rank(described: tuple[int | None, str, str, str]) -> tuple[int, str, str, str]:
    zoom_type, topic, host_id, time_zone = described
    return -1 if zoom_type is None else zoom_type, topic, host_id, time_zone


def _ended(row: RunRow, event: Event, ended: Ended) -> RunRow:
    end = ended.end if ended.end is not None else event.event_ts // 1000
    new = row._replace(
        end=end if row.end is None else max(row.end, end),
        practice=row.practice or ended.practice,
        live=row.live or not ended.practice,
    )
    return row if new == row else new
