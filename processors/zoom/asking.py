"""Which call of Zoom's REST API answers a question, and what those who asked are told of what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from processors.zoom.account_health import AccountHealth
from processors.zoom.api.api import ZoomReader
from processors.zoom.metrics import LookupMetrics
from processors.zoom.questions.due_queue import QuestionUnderWay, ZoomQuestion
from processors.zoom.questions.identities import Directory
from processors.zoom.questions.pages import QuestionAnswer, found
from processors.zoom.questions.participation import participation
from runtime.outcome import NoAnswer, Outcome
from schemas.lookups import ZoomRow

USERS_KEPT_SECONDS = 900.0
"""How long an account's users are remembered, who is none included, and also that they may not be asked for."""

_ABOUT_INSTANCES = ("past_session", "report", "absentees", "recordings", "polls", "questions")
_ANSWERED: Mapping[Outcome, Literal["missing", "unavailable"]] = {
    Outcome.MISSING: "missing",
    Outcome.STOP: "unavailable",
    Outcome.REJECT: "unavailable",
}
"""What is told to those who asked; of anything else they hear when there is an answer."""

log = logging.getLogger(__name__)


class ZoomAsking:
    """Of all accounts of a worker.

    Args:
        clients: one per account id.
        health: hears what came of each question.
        metrics: shared with the agent.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        clients: Mapping[str, ZoomReader],
        health: AccountHealth,
        metrics: LookupMetrics,
        clock: Callable[[], float],
    ) -> None:
        self._clients = clients
        self._health = health
        self._metrics = metrics
        self._clock = clock
        self._users: dict[str, tuple[float, QuestionAnswer]] = {}
        """By account id: until when, and what."""

    def forget_users(self, account_id: str) -> None:
        """The account removed the app: what it told of its users is no longer ours."""
        self._users.pop(account_id, None)

    async def answer(self, asked: QuestionUnderWay) -> QuestionAnswer | NoAnswer:
        """What those who asked are told, or why they have to wait."""
        question = asked.question
        client = self._clients.get(question.account_id)
        if client is None:
            return QuestionAnswer(
                "unavailable", f"Zoom account {question.account_id} is not configured in connectors.zoom"
            )
        try:
            answer = await self._ask(client.at(asked.priority), question)
        except Exception as error:
            # One answer that we cannot read must not stop the others, nor be asked for ever.
            log.exception("look-up failed", extra={"lookup": question.lookup, "object": question.object_id})
            self._metrics.lookups.labels(question.lookup, "failed").inc()
            return QuestionAnswer("unavailable", f"internal error ({type(error).__name__}), see the worker's log")
        if question.lookup != "identities":
            self._health.note_answer(question.account_id, question.lookup, answer)
        return _as_answer(answer) if isinstance(answer, NoAnswer) else answer

    async def _ask(self, client: ZoomReader, question: ZoomQuestion) -> QuestionAnswer | NoAnswer:
        if question.lookup == "identities":
            return await self._users_of(question.account_id, client)
        return await _ask(client, question)

    async def _users_of(self, account_id: str, client: ZoomReader) -> QuestionAnswer | NoAnswer:
        ends_at, answer = self._users.get(account_id, (0.0, None))
        if answer is not None and self._clock() < ends_at:
            return answer
        users = await client.users()
        self._health.note_answer(account_id, "identities", users)
        kept = _as_answer(users) if isinstance(users, NoAnswer) else QuestionAnswer("found", rows=Directory(users))
        if isinstance(kept, QuestionAnswer):
            self._users[account_id] = (self._clock() + USERS_KEPT_SECONDS, kept)
        return users if isinstance(users, NoAnswer) else kept


async def _ask(client: ZoomReader, question: ZoomQuestion) -> QuestionAnswer | NoAnswer:
    """One question of any kind but `identities`, which all requests of an account share."""
    kind, object_id, occurrence_id = question.object_type, question.object_id, question.occurrence_id
    if question.lookup in _ABOUT_INSTANCES:
        return await _ask_about_instance(client, question)
    assert kind is not None, "every other question is about one object"
    if question.lookup == "session":
        return _found(await client.details(kind, object_id, occurrence_id))
    if question.lookup == "registrants":
        return _found(await client.registrants(kind, object_id, occurrence_id))
    if kind == "meeting":
        return QuestionAnswer("missing", "a meeting has no panelists")
    return _found(await client.panelists(object_id))


async def _ask_about_instance(client: ZoomReader, question: ZoomQuestion) -> QuestionAnswer | NoAnswer:
    uuid = question.session_uuid
    if not uuid:
        return QuestionAnswer("unavailable", "the request names no session_uuid")
    if question.lookup == "past_session":
        return _found(await client.past_meeting(uuid))
    if question.lookup == "recordings":
        return _found(await client.recordings(uuid))
    assert question.object_type is not None, "reports are about one object"
    if question.lookup == "report":
        return _found(await client.report(question.object_type, uuid))
    if question.lookup == "polls":
        rows = await client.polls(question.object_type, uuid)
        return rows if isinstance(rows, NoAnswer) else found(participation("polls", rows))
    if question.lookup == "questions":
        rows = await client.questions(question.object_type, uuid)
        return rows if isinstance(rows, NoAnswer) else found(participation("questions", rows))
    if question.object_type == "meeting":
        return QuestionAnswer("missing", "a meeting has no absentees")
    return _found(await client.absentees(uuid))


def _found(rows: ZoomRow | Sequence[ZoomRow] | NoAnswer) -> QuestionAnswer | NoAnswer:
    if isinstance(rows, NoAnswer):
        return rows
    return found([rows] if isinstance(rows, dict) else rows)


def _as_answer(answer: NoAnswer) -> QuestionAnswer | NoAnswer:
    """What those who asked are told of this; itself where they wait."""
    outcome = _ANSWERED.get(answer.outcome)
    return answer if outcome is None else QuestionAnswer(outcome, answer.says)
