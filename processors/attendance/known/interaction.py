"""Polls, questions and chat of a session: what Zoom is asked, what is kept, who did what (attendance.md 6). PURE.

Off unless `zoom_api.interaction` is on. Kept are hashes by contact, never what anybody said; the row without a contact
holds everything that there was, of people without an e-mail too. A kind of which there was nothing was not offered,
whether Zoom says so, may not be asked, or does not know yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from processors.attendance.book import MESSAGE, PARTICIPATION, Book
from processors.attendance.known.questions import Scope, Subject, ask, state_of
from processors.attendance.rules.chat import Chatted
from schemas.attendance import Interaction
from schemas.codec import contact_id
from schemas.lookups import Availability, Interacted, LookupResult
from schemas.sessions import InteractionSummary

_ASKED: tuple[Interacted, ...] = ("polls", "questions")
_EVERYBODY = ""
"""In place of a contact."""
_WORST: tuple[Availability, ...] = ("unavailable", "found", "missing")
"""Of several runs: that one may not be asked is for an operator to mend, and one that has any is enough."""


class Offered(NamedTuple):
    """How much there was over all people."""

    polls: int
    questions: int
    chat_messages: int


def ask_interaction(book: Book, subject: Subject, uuids: Iterable[str]) -> list[Scope]:
    """Ask for the polls and questions of every run; the questions."""
    return [ask(book, subject, Scope(purpose, uuid)) for uuid in uuids for purpose in _ASKED]


def take_participation(book: Book, result: LookupResult, kind: Interacted) -> None:
    """Remember who took part in what."""
    for row in result.rows:
        email = str(row.get("email") or "")
        for contact in (contact_id(email), _EVERYBODY) if email else (_EVERYBODY,):
            parts = (result.session_uuid or "", kind, contact)
            known = book.get(PARTICIPATION, *parts) or []
            book.change(PARTICIPATION, sorted({*known, *row["items"]}), *parts)


def take_chat(book: Book, fact: Chatted) -> bool:
    """Remember that somebody wrote, one row per message; false when it was known."""
    sender = contact_id(fact.email) if fact.email else _EVERYBODY
    return book.change(MESSAGE, True, fact.event.uuid, sender, fact.message)


def offered_of(book: Book, uuids: Sequence[str]) -> Offered:
    """Read once for many contacts: it is the same for each."""
    return Offered(
        polls=len(_items(book, uuids, "polls", _EVERYBODY)),
        questions=len(_items(book, uuids, "questions", _EVERYBODY)),
        chat_messages=_messages(book, uuids),
    )


def interaction_of(book: Book, uuids: Sequence[str], offered: Offered, contact: str) -> Interaction | None:
    """What a contact did of what was offered; ``None`` when nothing was."""
    if not any(offered):
        return None
    return Interaction(
        polls_answered=len(_items(book, uuids, "polls", contact)) if offered.polls else None,
        polls_offered=offered.polls or None,
        questions_asked=len(_items(book, uuids, "questions", contact)) if offered.questions else None,
        chat_messages=_messages(book, uuids, contact) if offered.chat_messages else None,
    )


def interaction_summary(book: Book, uuids: Sequence[str], offered: Offered) -> InteractionSummary:
    """What there was over all people, and whether Zoom told."""
    return InteractionSummary(
        polls=_availability(book, uuids, "polls"),
        questions=_availability(book, uuids, "questions"),
        polls_offered=offered.polls,
        questions_asked=offered.questions,
        chat_messages=offered.chat_messages,
    )


def _availability(book: Book, uuids: Sequence[str], kind: Interacted) -> Availability:
    states = {state_of(book, Scope(kind, uuid)) for uuid in uuids}
    return next((availability for availability in _WORST if availability in states), "missing")


def _items(book: Book, uuids: Sequence[str], kind: Interacted, contact: str) -> set[str]:
    rows = (book.get(PARTICIPATION, uuid, kind, contact) for uuid in uuids)
    return {item for items in rows if items for item in items}


def _messages(book: Book, uuids: Sequence[str], *sender: str) -> int:
    return sum(1 for uuid in uuids for _ in book.scan(MESSAGE, uuid, *sender))
