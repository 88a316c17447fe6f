"""`engagement.scores.v1`: the current score of one contact with every part it was made of (attendance.md 6, 7).

`engagement.candidates.v1`: what other models would give the contact; `engagement.resyncs.v1`: who is computed anew.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.attendance import AttendanceStatus, ObjectType
from schemas.model import CloudEvent, Instant, Message, Wire

Tier = Literal["hot", "warm", "cold"]
HORIZON_DAYS = 730
"""Older occurrences count no more (attendance.md 7)."""


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
    half_life_days: int
    """With `sessions`, what the score is on any day."""
    hot_from: int
    """Scores of the tiers' borders, before the hysteresis."""
    warm_from: int


class ModelScore(Wire):
    """The contact's score by one model, on the `reference_date` of the whole."""

    model_version: str
    settings_digest: str
    contact_score: int
    tier: Tier


class FailedModel(Wire):
    """A candidate that could not be computed for the contact."""

    model_version: str
    error: str
    """Name of the error's class."""


class CandidateScores(Message):
    """Candidate models beside the live one (`scoring.candidates`); key `contact_id`, compacted.

    Nothing follows from it. A tombstone: no result of the contact stands, or there are no candidates any more.
    """

    cloud_event = CloudEvent("engagement.candidates")
    contact_id: str
    reference_date: date
    live: ModelScore
    candidates: tuple[ModelScore, ...]
    """In the order of the configuration."""
    failed: tuple[FailedModel, ...] = ()


class ResyncContact(Message):
    """Compute a contact's command anew, from what is kept and today's configuration; key `contact_id`.

    What Brevo refused of the contact, and its events that Brevo refused, is tried once more.
    """

    cloud_event = CloudEvent("engagement.resync", time="requested_at")
    kind: Literal["resync"] = "resync"
    contact_id: str
    requested_at: Instant


class RebuildScore(Message):
    """Compute a contact's score by one model anew, from what is kept; key `contact_id`.

    A worker whose configuration has no such model leaves it alone, so nothing is done by a file that nobody looked at.
    """

    cloud_event = CloudEvent("engagement.rebuild", time="requested_at")
    kind: Literal["rebuild"] = "rebuild"
    contact_id: str
    requested_at: Instant
    model_version: str
    settings_digest: str
    switch: bool
    """True: of the live model; what follows is sent to Brevo. False: of a candidate."""


AnyRequest = ResyncContact | RebuildScore
REQUEST: TypeAdapter[AnyRequest] = TypeAdapter(Annotated[AnyRequest, Field(discriminator="kind")])
"""Parses any record of `engagement.resyncs.v1`: ``REQUEST.validate_json(value)``."""
