"""Polls, questions and chat of an occurrence: what Zoom is asked, what is kept, what each person did (attendance.md 6).

PURE. Off unless `zoom_api.interaction` is on. Kept are hashes by contact, never what anybody said; the row without a
contact holds everything that there was, of people without an e-mail too. A kind of which there was nothing was not
offered, whether Zoom says so, may not be asked, or does not know yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from processors.attendance.book.keys import TABLE, key, prefix
from processors.attendance.closing.results import OccurrenceFacts
from processors.attendance.intake.asked import ask, question
from processors.attendance.rules.chat import Chatted
from processors.engine.view import View
from schemas.attendance import Interaction, InteractionSummary, Outcome
from schemas.codec import contact_id, pack, unpack
from schemas.lookups import LookupResult

Kind = Literal["polls", "questions"]
_ASKED: tuple[Kind, ...] = ("polls", "questions")
_EVERYBODY = ""
"""In place of a contact."""
_WORST: tuple[Outcome, ...] = ("unavailable", "found", "missing")
"""Of several instances: that one may not be asked is for an operator to mend, and one that has any is enough."""


class Offered(NamedTuple):
    """How much there was over all people."""

    polls: int
    questions: int
    chat_messages: int


def ask_interaction(view: View, facts: OccurrenceFacts, now_ms: int) -> list[str]:
    """Ask for the polls and questions of every instance; the scopes of the questions."""
    scopes = []
    for uuid in facts.occurrence.uuids:
        for lookup in _ASKED:
            scopes.append(f"{lookup}|{uuid}")
            ask(view, facts.subject, lookup, scopes[-1], now_ms, session_uuid=uuid)
    return scopes


def take_participation(view: View, result: LookupResult, kind: Kind) -> None:
    """Remember who took part in what."""
    for row in result.rows:
        _add(view, result.object_id, result.session_uuid or "", kind, str(row.get("email") or ""), row["items"])


def take_chat(view: View, fact: Chatted) -> bool:
    """Remember that somebody wrote, one row per message; false when it was known."""
    sender = contact_id(fact.email) if fact.email else _EVERYBODY
    row_key = key("b", fact.session.object_id, fact.session.uuid, "chat", sender, fact.message)
    if view.get(TABLE, row_key) is not None:
        return False
    view.put(TABLE, row_key, b"1")
    return True


def offered_of(view: View, facts: OccurrenceFacts) -> Offered:
    """Read once for many contacts: it is the same for each."""
    return Offered(
        polls=len(_items(view, facts, "polls", _EVERYBODY)),
        questions=len(_items(view, facts, "questions", _EVERYBODY)),
        chat_messages=sum(1 for _ in _messages(view, facts)),
    )


def interaction_of(view: View, facts: OccurrenceFacts, offered: Offered, contact: str) -> Interaction | None:
    """What a contact did of what was offered; ``None`` when nothing was."""
    if not any(offered):
        return None
    return Interaction(
        polls_answered=len(_items(view, facts, "polls", contact)) if offered.polls else None,
        polls_offered=offered.polls or None,
        questions_asked=len(_items(view, facts, "questions", contact)) if offered.questions else None,
        chat_messages=sum(1 for _ in _messages(view, facts, contact)) if offered.chat_messages else None,
    )


def interaction_summary(view: View, facts: OccurrenceFacts, offered: Offered) -> InteractionSummary:
    """What there was over all people, and whether Zoom told."""
    return InteractionSummary(
        polls=_outcome(view, facts, "polls"),
        questions=_outcome(view, facts, "questions"),
        polls_offered=offered.polls,
        questions_asked=offered.questions,
        chat_messages=offered.chat_messages,
    )


def _outcome(view: View, facts: OccurrenceFacts, lookup: str) -> Outcome:
    asked = [question(view, facts.object_id, f"{lookup}|{uuid}") for uuid in facts.occurrence.uuids]
    states = {each.state for each in asked if each is not None}
    return next((outcome for outcome in _WORST if outcome in states), "missing")


def _add(view: View, object_id: str, uuid: str, kind: Kind, email: str, items: Iterable[str]) -> None:
    for contact in (contact_id(email), _EVERYBODY) if email else (_EVERYBODY,):
        row_key = key("b", object_id, uuid, kind, contact)
        data = view.get(TABLE, row_key)
        known: list[str] = unpack(data) if data else []
        united = sorted({*known, *items})
        if united != known:
            view.put(TABLE, row_key, pack(united))


def _items(view: View, facts: OccurrenceFacts, kind: Kind, contact: str) -> set[str]:
    rows = (view.get(TABLE, key("b", facts.object_id, uuid, kind, contact)) for uuid in facts.occurrence.uuids)
    return {item for data in rows if data for item in unpack(data)}


def _messages(view: View, facts: OccurrenceFacts, *sender: str) -> Iterator[bytes]:
    for uuid in facts.occurrence.uuids:
        for row_key, _data in view.scan(TABLE, prefix("b", facts.object_id, uuid, "chat", *sender)):
            yield row_key
