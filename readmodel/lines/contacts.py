"""One contact: who it is, how it stands, everything that is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from readmodel.lines.candidates import CandidateLine
from readmodel.lines.sessions import PersonLine, SessionLine


@dataclass(frozen=True, slots=True)
class ContactLine:
    """Who somebody is, and how Brevo stands to them."""

    contact_id: str
    email: str | None
    name: str | None
    is_written: bool
    """Brevo holds the newest that was wanted."""
    outcome: str | None
    """Of the last upsert; ``None``: none was answered yet."""
    detail: str
    answered_at: datetime | None
    written_at: datetime | None
    left_out: str | None


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A contact's score now."""

    score: int
    tier: str
    why: str
    reference_date: date
    model_version: str
    half_life_days: int
    hot_from: int
    warm_from: int


@dataclass(frozen=True, slots=True)
class RegistrationLine:
    """One registration."""

    account_id: str
    object_id: str
    registrant_id: str
    topic: str
    status: str
    retracted: bool
    before_end: bool
    """False: approved only after the last session that it is for had ended."""
    occurred_at: datetime
    approved_at: datetime | None
    starts_at: datetime | None
    source: str | None
    observed: str


@dataclass(frozen=True, slots=True)
class CallLine:
    """One command to Brevo and what became of it."""

    contact_id: str
    command_id: str
    """Its first 16 digits, which every command that asks for one takes."""
    kind: str | None
    """``None``: the command itself is no longer kept."""
    name: str | None
    session_uuid: str | None
    cause: str | None
    origin: str | None
    as_it_happened: bool | None
    revision: int | None
    occurred_at: datetime
    wanted_at: datetime | None
    outcome: str | None
    """``None``: no answer yet, and none will come if it is `superseded`."""
    http_status: int | None
    attempts: int | None
    detail: str
    finished_at: datetime | None
    superseded: bool = False
    """Never sent: a later upsert of the contact, which says all that it said, was answered instead."""


@dataclass(frozen=True, slots=True)
class SessionResult:
    """A result with the session that it is of; ``None`` while nothing of that was published."""

    person: PersonLine
    session: SessionLine | None


@dataclass(frozen=True, slots=True)
class WholeContact:
    """Everything of one contact."""

    who: ContactLine
    standing: ScoreLine | None
    candidates: tuple[CandidateLine, ...]
    """By the model's name; none without `scoring.candidates`."""
    results: tuple[SessionResult, ...]
    """The latest session first."""
    registrations: tuple[RegistrationLine, ...]
    """The latest first."""
    calls: tuple[CallLine, ...]
    """The latest first."""
