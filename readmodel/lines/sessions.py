"""Sessions, and the people of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas.sessions import InteractionSummary, Reconciliation

SyncState = Literal["written", "waiting", "refused", "suppressed"]


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run of a session."""

    is_main: bool
    """False: it moves no start and no end."""
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One session, its people in numbers."""

    session: int
    """The key that other questions want."""
    session_uuid: str
    account_id: str
    object_id: str
    object_type: str
    topic: str
    host_id: str
    origin: str
    state: str
    waits_for: str
    next_check_at: datetime | None
    scheduled_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    length_seconds: int
    """Of live time: what lies between two runs does not count."""
    is_final: bool
    retracted: bool
    evidence: str
    registered: int
    attended: int
    left_early: int
    no_shows: int
    anonymous: int
    excluded: int
    assumed: int
    outside: int
    only_webhooks: int
    rehearsals: int
    rows_without_identity: int
    not_synced: int | None
    """People with a result of whom Brevo does not hold the newest; ``None`` in what is known of one contact."""
    instances: tuple[str, ...]
    runs: tuple[RunLine, ...]
    """None before the session was judged."""
    reconciliation: Reconciliation | None
    interaction: InteractionSummary | None

    @property
    def span_seconds(self) -> int:
        """From its start to its end by the clock: what `PersonLine.intervals` are told in."""
        if self.started_at is None or self.ended_at is None:
            return 0
        return max(0, round((self.ended_at - self.started_at).total_seconds()))


@dataclass(frozen=True, slots=True)
class ScoreShare:
    """What one session's score is made of, in points."""

    attendance: float
    punctuality: float
    stayed: float
    interaction: float | None
    maximum: float


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person in one session."""

    session: int
    contact_id: str
    email: str | None
    name: str | None
    status: str
    """`retracted` of a result that was taken back."""
    reason: str | None
    is_final: bool
    attended_seconds: int
    late_seconds: int | None
    joins: int
    assumed: bool
    intervals: tuple[tuple[int, int], ...]
    """Seconds since the session's start."""
    evidence: str
    webhooks: int
    report_rows: int
    rule: str | None
    judged_at: datetime | None
    revision: int
    score: int | None
    scoring: ScoreShare | None
    sync: SyncState
    """Whether Brevo holds the newest of the contact, else why not."""
    written_at: datetime | None
    """When Brevo last took something of the contact."""
    sync_detail: str
    """Of the last answer, for people."""
    left_out: str | None
    """What Brevo does not take of the contact: attributes and lists."""
