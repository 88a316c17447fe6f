"""Questions to Zoom: which were asked about a webinar or meeting, and which of them are still open. PURE."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

from processors.attendance.book import QUESTION, Book, Question
from schemas.attendance import ObjectType, Origin
from schemas.codec import contact_id
from schemas.errors import DeadLetterError
from schemas.instants import DAY_MS, as_datetime
from schemas.lookups import LookupKind, LookupRequest, LookupResult
from schemas.topics import LOOKUPS, LOOKUPS_BULK

ASKED = "asked"
CHUNK = 300
"""Identities per question."""
LOST_MS = (LOOKUPS.retention_days or 0) * DAY_MS
"""So long Kafka keeps a question, and an answer: what is open for longer may never have reached anybody."""

Purpose = Literal[
    "details", "registrants", "panelists", "identities", "end", "end by report", "report", "total", "absentees",
    "polls", "questions", "recording",
]  # fmt: skip
_LOOKUPS: dict[Purpose, LookupKind] = {
    "details": "session",
    "registrants": "registrants",
    "panelists": "panelists",
    "identities": "identities",
    "end": "past_session",
    "end by report": "report",
    "report": "report",
    "total": "past_session",
    "absentees": "absentees",
    "polls": "polls",
    "questions": "questions",
    "recording": "recordings",
}
_ABOUT_RUNS = frozenset({"end", "end by report", "report", "total", "absentees", "polls", "questions", "recording"})


@dataclass(frozen=True, slots=True)
class Subject:
    """The webinar or meeting that a question is about."""

    account_id: str
    object_id: str
    object_type: ObjectType
    origin: Origin = "live"
    """Of its session: a back-fill's questions come behind those of live work."""


class Scope(NamedTuple):
    """Which question: what was asked of one scope, answered or not, is not asked again."""

    purpose: Purpose
    uuid: str = ""
    """The run that it is about, or that made us ask."""
    part: str = ""

    @property
    def text(self) -> str:
        """For keys and request ids."""
        return "|".join(self)

    @classmethod
    def parse(cls, text: str) -> Scope:
        """What `text` wrote."""
        purpose, uuid, part = text.split("|", 2)
        return cls(_purpose(purpose), uuid, part)


def _purpose(text: str) -> Purpose:
    return next(lookup for lookup in _LOOKUPS if lookup == text)


def state_of(book: Book, scope: Scope) -> str | None:
    """`asked`, else the outcome; ``None`` when it was not asked."""
    found = book.get(QUESTION, *scope)
    return None if found is None else found.state


def is_open(book: Book, scope: Scope) -> bool:
    """Whether an answer is still to come."""
    return state_of(book, scope) == ASKED


def is_lost(book: Book, scope: Scope) -> bool:
    """Whether an answer is still to come that may never do so; asked again, Zoom is asked again."""
    found = book.get(QUESTION, *scope)
    return found is not None and found.state == ASKED and book.now_ms - found.asked_ms > LOST_MS


def open_among(book: Book, scopes: Iterable[Scope]) -> list[str]:
    """Those whose answers are still to come, as texts."""
    return [scope.text for scope in scopes if is_open(book, scope)]


def ask(
    book: Book,
    subject: Subject,
    scope: Scope,
    *,
    occurrence_id: str | None = None,
    emails: Iterable[str] = (),
    user_ids: Iterable[str] = (),
) -> Scope:
    """Ask, once per scope, and once more where question or answer are lost."""
    if book.has(QUESTION, *scope) and not is_lost(book, scope):
        return scope
    asked_emails, asked_users = tuple(sorted(set(emails))), tuple(sorted(set(user_ids)))
    request = LookupRequest(
        request_id=f"{subject.account_id}|{book.object_id}|{scope.text}",
        lookup=_LOOKUPS[scope.purpose],
        account_id=subject.account_id,
        object_id=subject.object_id,
        object_type=subject.object_type,
        session_uuid=scope.uuid if scope.purpose in _ABOUT_RUNS else None,
        occurrence_id=occurrence_id,
        emails=asked_emails,
        user_ids=asked_users,
        origin=subject.origin,
        requested_at=as_datetime(book.now_ms // 1000),
    )
    contacts = [contact_id(email) for email in asked_emails]
    book.put(QUESTION, Question(ASKED, contacts, list(asked_users), book.now_ms), *scope)
    topic = LOOKUPS if subject.origin == "live" and book.view.lineage is None else LOOKUPS_BULK
    book.send(topic.name, subject.account_id, request)
    return scope


def ask_identities(book: Book, subject: Subject, emails: Iterable[str], user_ids: Iterable[str] = ()) -> list[Scope]:
    """Ask whose these are, in questions of `CHUNK` each."""
    addresses, users = sorted(set(emails)), sorted(set(user_ids))
    scopes = []
    for start in range(0, max(len(addresses), len(users)), CHUNK):
        part = addresses[start : start + CHUNK], users[start : start + CHUNK]
        # All records of a turn are taken at one instant: what is asked tells their questions apart.
        digest = hashlib.sha256("|".join(chain(*part)).encode()).hexdigest()[:16]
        scope = Scope("identities", "", f"{book.now_ms}.{digest}")
        scopes.append(ask(book, subject, scope, emails=part[0], user_ids=part[1]))
    return scopes


def scope_of(result: LookupResult) -> Scope:
    """The scope that an answer belongs to.

    Raises:
        DeadLetterError: its `request_id` is none of ours.
    """
    try:
        return Scope.parse(result.request_id.split("|", 2)[2])
    except (IndexError, StopIteration, ValueError):
        raise DeadLetterError(f"request_id of an answer about {result.object_id} is none of ours") from None


def subject_of(result: LookupResult) -> Subject:
    """What an answer is about."""
    return Subject(result.account_id, result.object_id, result.object_type, result.origin)


def answered(book: Book, result: LookupResult) -> Question | None:
    """Note that the last page is in; the question, or ``None`` when it was not asked or answered before."""
    scope = scope_of(result)
    found = book.get(QUESTION, *scope)
    if found is None or found.state != ASKED or not result.last:
        return None
    found.state = result.outcome
    book.put(QUESTION, found, *scope)
    return found


DETAILS_FIRST = Scope("details")
"""Asked with the first registration; registrations are told of when it is answered, or refused for good."""
