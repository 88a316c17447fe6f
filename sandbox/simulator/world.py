"""What a simulation gives: what Zoom sends, what its REST API would answer, and who was really there. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from sandbox.zoom.state import ZoomState
from schemas.attendance import ObjectType

Chaos = Literal[
    "dup", "reorder", "lost-left", "lost-joined", "late", "multi-device", "restart", "rehearsal", "reopen",
    "line-break", "stray-run", "early-doors", "report-missing", "report-anonymous", "phone-legs", "recurring",
    "moved-occurrence",
]  # fmt: skip
CHAOS: frozenset[Chaos] = frozenset(get_args(Chaos))
"""What can go wrong, or differ from one webinar that begins and ends once."""
DELIVERY_CHAOS: frozenset[Chaos] = frozenset({"dup", "reorder", "lost-left", "lost-joined", "late"})
"""Changes what Zoom delivers, not what people do."""
REPORT_CHAOS: frozenset[Chaos] = frozenset({"report-missing", "report-anonymous"})
"""Changes what Zoom's report says."""
CastRole = Literal["attendee", "guest", "anonymous", "host", "panelist", "internal", "waiting"]


@dataclass(frozen=True)
class UnsignedDelivery:
    """One webhook as Zoom would send it; the sender signs it."""

    body: bytes
    """Compact UTF-8 JSON."""
    request_id: str
    """The same for every repeat of one delivery."""
    offset_seconds: float
    """When Zoom sends it, counted from the scheduled start; never falls from one delivery to the next."""


@dataclass(frozen=True)
class RunSpan:
    """One run: its uuid and its real start and end (seconds since 1970)."""

    uuid: str
    started_at: int
    ended_at: int
    purpose: Literal["main", "rehearsal", "practice", "reopened", "stray"] = "main"
    """`practice` is what Zoom itself calls a practice session."""


@dataclass(frozen=True)
class Planned:
    """One entry of the schedule."""

    occurrence_id: str
    """Empty: the webinar has one fixed time."""
    starts_at: int
    planned_at: int
    """Its start before it was moved; the same as `starts_at` if it never was."""
    status: Literal["available", "deleted"] = "available"


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
    occurrence_ids: tuple[str, ...] = ()
    """Occurrences that it names; none: it is for all of them."""


@dataclass(frozen=True)
class Appearance:
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
    phone: str = ""
    """Number of a telephone leg, as Zoom shows it; it shows nothing else."""
    bound_to: tuple[str, str] | None = None
    """Of a telephone leg: `participant_uuid` and `user_id` of the connection that it belongs to."""


@dataclass(frozen=True)
class Person:
    """Somebody and what they did."""

    role: CastRole
    behaviour: str
    first_name: str
    last_name: str
    email: str
    """Lower-cased; empty when Zoom never learns it."""
    zoom_user_id: str = ""
    """Only users of the own account have one that Zoom shows."""
    enrolments: tuple[Enrolment, ...] = ()
    visits: tuple[Appearance, ...] = ()

    @property
    def name(self) -> str:
        """The display name, the same on every device."""
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True)
class BookedSession:
    """The session as it was booked."""

    object_type: ObjectType
    object_id: int
    account_id: str
    host_id: str
    topic: str
    starts_at: int
    duration_minutes: int
    spans: tuple[RunSpan, ...]
    recorded: bool = False
    """There is a cloud recording of each span that is no practice session."""
    planned: tuple[Planned, ...] = ()
    """The schedule, in order of start; one entry unless it is recurring."""
    moved_at: int | None = None
    """When the host moved the entry that starts at `starts_at`; ``None``: never."""

    @property
    def is_recurring(self) -> bool:
        """A series with fixed times."""
        return len(self.planned) > 1


@dataclass(frozen=True)
class World:
    """One simulated session."""

    event: BookedSession
    people: tuple[Person, ...]
    deliveries: tuple[UnsignedDelivery, ...]
    """In the order in which Zoom sends them."""
    zoom: ZoomState
    """What Zoom's REST API answers afterwards."""
    chaos: frozenset[Chaos]
