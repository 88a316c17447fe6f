"""One instance (uuid) as its table row: what its live events said of it (attendance.md 1). PURE.

The row holds minima and maxima and, where events disagree (a renamed topic), what the latest event said.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from processors.attendance.rules.facts import Ended, Session, Started
from processors.attendance.rules.occurrences import Instance
from schemas.attendance import ObjectType, Origin
from schemas.codec import pack, unpack


@dataclass(slots=True)
class InstanceRow:
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
    found_end: int | None = None
    """What Zoom answered when asked for a session of which no `ended` came."""
    assumed_end: int | None = None
    """The latest instant known when the session was given up."""
    origin: Origin = "backfill"
    """`live` once any of its events was; else `replay` before `backfill`."""
    heard_ms: int = 0
    """When its last event was received, to within a minute."""

    @classmethod
    def from_bytes(cls, data: bytes) -> InstanceRow:
        """Parse a row."""
        return cls(*unpack(data))

    def to_bytes(self) -> bytes:
        """The same bytes for the same set of facts (`heard_ms` aside)."""
        return pack([getattr(self, each.name) for each in _FIELDS])

    def add(self, session: Session, lifecycle: Started | Ended | None = None) -> bool:
        """Take in one live event; false when it said nothing new.

        Args:
            session: as the event describes it.
            lifecycle: the event itself where it tells of the start or the end. What such events call the session
                counts before what those of participants do, and of them the latest.
        """
        changed = self._describe(session, -1 if lifecycle is None else session.event_ts)
        if session.start is not None and (self.start is None or session.start < self.start):
            self.start, changed = session.start, True
        if session.host_email is not None and (self.host_email is None or session.host_email < self.host_email):
            self.host_email, changed = session.host_email, True
        return (isinstance(lifecycle, Ended) and self._end(session, lifecycle)) or changed

    def note_origin(self, origin: Origin) -> bool:
        """What brought an event of it: the liveliest counts, whatever came first; false when that is known."""
        if LIVELINESS.index(origin) <= LIVELINESS.index(self.origin):
            return False
        self.origin = origin
        return True

    def _describe(self, session: Session, said_at: int) -> bool:
        if said_at < self.described_at:
            return False
        said = (session.zoom_type, session.topic, session.host_id)
        known = (self.zoom_type, self.topic, self.host_id)
        newer = said_at > self.described_at
        if not newer and (said == known or _rank(said) < _rank(known)):
            return False
        (self.zoom_type, self.topic, self.host_id), self.described_at = said, said_at
        return True

    def _end(self, session: Session, ended: Ended) -> bool:
        before = (self.end, self.practice, self.live)
        end = ended.end if ended.end is not None else session.event_ts // 1000
        self.end = end if self.end is None else max(self.end, end)
        self.practice, self.live = self.practice or ended.practice, self.live or not ended.practice
        return before != (self.end, self.practice, self.live)

    @property
    def known_end(self) -> int | None:
        """E: from its `ended` events, else what Zoom answered, else what was assumed."""
        for end in (self.end, self.found_end, self.assumed_end):
            if end is not None:
                return end
        return None

    @property
    def discarded(self) -> bool:
        """Every `ended` said that it was a practice session."""
        return self.practice and not self.live

    def as_instance(self, uuid: str, earliest_join: int | None) -> Instance | None:
        """The instance for grouping; ``None`` while nothing says when it began."""
        start = self.start if self.start is not None else earliest_join
        if start is None:
            return None
        assumed = self.end is None and self.found_end is None and self.assumed_end is not None
        return Instance(uuid, start, self.known_end, self.zoom_type, assumed)


_FIELDS = fields(InstanceRow)
LIVELINESS: tuple[Origin, ...] = ("backfill", "replay", "live")
"""Of what brought an event, rising."""


def _rank(described: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(str(each) for each in described)
