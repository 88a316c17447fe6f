"""What operators look at: dead letters, deliveries, the audit topic, freshness, how far the tables are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas.audit import ActState
from schemas.letters import LetterStanding


@dataclass(frozen=True, slots=True)
class DeadLetterLine:
    """A record that nobody could handle, without its content."""

    topic: str
    partition: int
    offset: int
    recorded_at: datetime
    record_key: str | None
    event_type: str | None
    label: str
    reason: str
    stage: str
    source: str
    """``<topic>/<partition>/<offset>`` of the original."""
    version: str
    attempts: int
    """Failures so far, those of being sent again among them."""
    command_id: str | None
    letter_id: str
    state: LetterStanding


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What Zoom delivered, without its content."""

    topic: str
    partition: int
    offset: int
    event: str
    object_id: str | None
    account_id: str | None
    delivery_id: str | None
    origin: str
    happened_at: datetime | None
    received_at: datetime
    quarantine_reason: str | None
    """``None``: it was taken."""
    letter_id: str | None
    """Of what was put aside."""
    state: LetterStanding | None
    """What became of it since; ``None``: it was taken."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what."""

    entry_id: str
    at: datetime
    operator: str
    action: str
    subject: str
    reason: str
    result: ActState
    details: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Freshness:
    """Seconds from an event at Zoom to where it got."""

    stage: str
    """`received`: at the ingress; `answered`: by Brevo."""
    kind: str
    """The event at Zoom; of `answered` what Brevo was told: `upsert (<cause>)`, or an event's name."""
    count: int
    p50_seconds: float
    p95_seconds: float


@dataclass(frozen=True, slots=True)
class TopicProgress:
    """How far the tables are in one topic."""

    topic: str
    records: int
    """So many were read, as far as offsets tell."""
    recorded_at: datetime
    """Kafka's time of the last record."""
    unreadable: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What may need a person, in numbers; letters about which nobody has decided alone."""

    dead_letters: int
    in_doubt: int
    rejected: int
    quarantined: int
    sessions_waiting: int
    """Over, and not final."""
