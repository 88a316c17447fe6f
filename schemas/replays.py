"""`ops.replays.v1`: replays, their progress, orders to them, and what was new in what they brought; and their headers.

A copy of a record has the key, value, time and headers of the original, and `REPLAY_ID`, `REPLAY_COUNT` and
`REPLAY_OF` besides. Whatever follows from a copy carries the copy's `Lineage`, through all topics.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.cloud_events import Headers
from schemas.model import CloudEvent, Instant, Message, Wire

REPLAY_ID = "replay-id"
REPLAY_COUNT = "replay-count"
"""How many records of the original, this one included, were published by replays so far."""
REPLAY_OF = "replay-of"
"""Where the original lies, ``<topic>/<partition>/<offset>``; on copies alone."""
EFFECTS = "replay-effects"
"""Set to `ALL` where old events are wanted, too; carried along."""
ALL = b"all"

PlaceCounts = dict[int, int]
"""By partition."""
ReplayState = Literal["running", "paused", "published", "done"]
"""`published`: all copies are in Kafka; `done`: and what followed from them was counted."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """Which replay led to a record that follows from a copy; all of them carry it along."""

    replay_id: str
    re_emit: bool = False
    """Events are sent however long ago it happened what they stand for."""

    @property
    def headers(self) -> Headers:
        """As a record carries it."""
        effects = ((EFFECTS, ALL),) if self.re_emit else ()
        return ((REPLAY_ID, self.replay_id.encode()), *effects)


def lineage_of(headers: Headers) -> Lineage | None:
    """The lineage of a record; ``None``: no replay led to it."""
    for name, value in headers:
        if name == REPLAY_ID:
            return Lineage(value.decode(errors="replace"), re_emit=(EFFECTS, ALL) in headers)
    return None


class Span(Wire):
    """Instants from one, included, to another, excluded; ``None``: without a bound."""

    start: Instant | None = None
    end: Instant | None = None


class ReplayedSession(Wire):
    """The session that was asked for."""

    account_id: str
    object_id: str
    instances: tuple[str, ...]
    topic: str = ""


class ReplaySelection(Wire):
    """Which records, with times in full and no e-mail address, so that whoever resumes means the same."""

    topic: str
    """Without the prefix."""
    event_types: tuple[str, ...] = ()
    happened: Span | None = None
    stored: Span | None = None
    offsets: dict[int, tuple[int, int]] = Field(default_factory=dict)
    """By partition, from the first to before the second."""
    session: ReplayedSession | None = None
    contact: str | None = None
    account: str | None = None


class ReplayReport(Wire):
    """What came of a replay, as the topics say."""

    read: int = 0
    """Records looked at."""
    published: int = 0
    """Copies in Kafka."""
    facts_new: int = 0
    """Copies that told something that was not known."""
    results_corrected: int = 0
    """Facts about contacts, told for the first time or anew."""
    contacts_written: int = 0
    """By Brevo acknowledged."""
    contacts_unchanged: int = 0
    """Brevo had it all."""
    events_sent: int = 0
    events_held_back: int = 0
    """Never sent, and too old, or not wanted by the contact."""
    refused: int = 0
    """Commands that Brevo refused."""
    parked: int = 0
    """Copies, and what followed, that ended as dead letters or in quarantine."""
    open: int = 0
    """Commands without an outcome when it was counted."""


class Replay(Message):
    """One replay as it stands; key `replay_id`, the latest counts. Written about once a second while it runs."""

    cloud_event = CloudEvent("ops.replay", time="at")
    kind: Literal["replay"] = "replay"
    replay_id: str
    state: ReplayState
    operator: str
    reason: str
    selection: ReplaySelection
    said: str
    """The selection in words."""
    expected: int
    """Records that were selected when it began."""
    rate: int
    """Copies a second, at most."""
    re_emit: bool = False
    started_at: Instant
    at: Instant
    claim: int = 1
    """Grows with every process that takes it on: the latest goes on, all others stop."""
    runner: str
    """Which process that is."""
    begins: PlaceCounts
    """Offsets of the topic: from where on it is read,"""
    ends: PlaceCounts
    """to where, and"""
    goes_on: PlaceCounts
    """where it has come to."""
    known_to: PlaceCounts
    """Offsets of the topic before which all its copies are counted in `published` and `goes_on`."""
    published: int = 0
    followed_from: dict[str, PlaceCounts]
    """By topic where it ended before the first copy: what followed lies behind."""
    report: ReplayReport | None = None

    @property
    def read(self) -> int:
        """Records looked at so far."""
        return sum(self.goes_on[number] - begin for number, begin in self.begins.items())

    @property
    def lineage(self) -> Lineage:
        """Of its copies."""
        return Lineage(self.replay_id, self.re_emit)


class ReplayOrder(Message):
    """Somebody wants a replay to pause; key `replay_id`."""

    cloud_event = CloudEvent("ops.replay_order", time="at")
    kind: Literal["order"] = "order"
    replay_id: str
    order: Literal["pause"] = "pause"
    operator: str
    at: Instant


class ReplayNews(Message):
    """A copy told an agent something that it did not know; key `replay_id`. It may be said twice."""

    cloud_event = CloudEvent("ops.replay_news")
    kind: Literal["news"] = "news"
    replay_id: str
    original: str
    """``<topic>/<partition>/<offset>``."""


REPLAY_RECORD: TypeAdapter[Replay | ReplayOrder | ReplayNews] = TypeAdapter(
    Annotated[Replay | ReplayOrder | ReplayNews, Field(discriminator="kind")]
)
"""Parses any record of `ops.replays.v1`: ``REPLAY_RECORD.validate_json(value)``."""
