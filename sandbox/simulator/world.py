"""What a simulation gives: what Zoom sends, what its REST API would answer, and who was really there. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.zoom.state import ZoomState

ObjectType = Literal["webinar", "meeting"]
Chaos = Literal["dup", "reorder", "lost-left", "lost-joined", "late", "multi-device", "restart"]
CHAOS: frozenset[Chaos] = frozenset({"dup", "reorder", "lost-left", "lost-joined", "late", "multi-device", "restart"})
"""What can go wrong; `multi-device` and `restart` change what people do, the others what Zoom delivers."""
Role = Literal["attendee", "guest", "anonymous", "host", "panelist", "internal", "waiting"]


@dataclass(frozen=True)
class Delivery:
    """One webhook as Zoom would send it; the sender signs it."""

    body: bytes
    """Compact UTF-8 JSON."""
    request_id: str
    """The same for every repeat of one delivery."""
    offset_seconds: float
    """When Zoom sends it, counted from the scheduled start; never falls from one delivery to the next."""


@dataclass(frozen=True)
class Span:
    """One instance: its uuid and its real start and end (seconds since 1970)."""

    uuid: str
    started_at: int
    ended_at: int


@dataclass(frozen=True)
class Enrolment:
    """One registration of a person."""

    registrant_id: str
    email: str
    """As typed: capitals and all."""
    created_at: int
    outcome: Literal["approved", "pending", "denied", "cancelled"]
    decided_at: int | None = None
    """When a host approved or denied it, or it was cancelled; ``None``: approved at once, or still pending."""
    source: str | None = None
    """Name of the tracking source."""
    announced: bool = True
    """False: made before the webhooks were switched on, so only Zoom's list knows it."""


@dataclass(frozen=True)
class Visit:
    """One connection from join to leave, with the identity that it shows."""

    connection: str
    """`participant_uuid`."""
    instance: int
    joined_at: int
    left_at: int
    moves: tuple[int, ...] = ()
    """Instants of room moves: left and joined in one second, under a new `user_id`."""
    user_ids: tuple[str, ...] = ()
    """One more than moves."""
    registrant_id: str = ""
    email: str = ""


@dataclass(frozen=True)
class Person:
    """Somebody and what they did."""

    role: Role
    behaviour: str
    first_name: str
    last_name: str
    email: str
    """Lower-cased; empty when Zoom never learns it."""
    zoom_user_id: str = ""
    """Only users of the own account have one that Zoom shows."""
    enrolments: tuple[Enrolment, ...] = ()
    visits: tuple[Visit, ...] = ()

    @property
    def name(self) -> str:
        """The display name, the same on every device."""
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True)
class Event:
    """The session as it was booked."""

    object_type: ObjectType
    object_id: int
    account_id: str
    host_id: str
    topic: str
    starts_at: int
    duration_minutes: int
    spans: tuple[Span, ...]
    recorded: bool = False
    """There is a cloud recording of each span."""


@dataclass(frozen=True)
class World:
    """One simulated session."""

    event: Event
    people: tuple[Person, ...]
    deliveries: tuple[Delivery, ...]
    """In the order in which Zoom sends them."""
    zoom: ZoomState
    """What Zoom's REST API answers afterwards."""
    chaos: frozenset[Chaos]
