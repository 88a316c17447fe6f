"""`engagement.scores.v1`: the current score of one contact with every part it was made of (attendance.md 6, 7).

`engagement.resyncs.v1`: whose commands are to be computed anew.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from schemas.attendance import AttendanceStatus, ObjectType
from schemas.model import CloudEvent, Instant, Message, Wire

Tier = Literal["hot", "warm", "cold"]


class ScoreParts(Wire):
    """Points earned per part, rounded to 4 digits for reading; the score is computed from the exact values.

    `interaction` is ``None`` when nothing of it was offered. `maximum` is the M of attendance.md 6.
    """

    attendance: float
    punctuality: float
    stayed: float
    interaction: float | None = None
    maximum: float


class SessionScore(Wire):
    """The score of one person in one occurrence, 0-100."""

    session_uuid: str
    object_type: ObjectType
    attendance_status: AttendanceStatus
    score: int
    parts: ScoreParts
    ended_at: Instant
    account_id: str = ""
    """Of the session: its uuid is a name within the account."""


class ContactScore(Message):
    """Key `contact_id`, compacted."""

    cloud_event = CloudEvent("engagement.score")
    contact_id: str
    email: str
    revision: int
    contact_score: int
    tier: Tier
    reference_date: date
    why: str
    sessions: tuple[SessionScore, ...]
    """All occurrences that count, in order of (E, session_uuid)."""
    model_version: str
    settings_digest: str


class ResyncContact(Message):
    """Compute a contact's command anew, from what is kept and today's configuration; key `contact_id`.

    What Brevo refused of the contact, and its events that Brevo refused, is tried once more.
    """

    cloud_event = CloudEvent("engagement.resync", time="requested_at")
    contact_id: str
    requested_at: Instant
