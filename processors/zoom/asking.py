"""Which call of Zoom's REST API answers a question, and what those who asked are told of what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from processors.zoom.api.api import ZoomReader
from processors.zoom.questions.due_queue import ZoomQuestion
from processors.zoom.questions.pages import QuestionAnswer, found
from processors.zoom.questions.participation import participation
from runtime.outcome import NoAnswer, Outcome
from schemas.lookups import ZoomRow

_ABOUT_INSTANCES = ("past_session", "report", "absentees", "recordings", "polls", "questions")
_ANSWERED: Mapping[Outcome, Literal["missing", "unavailable"]] = {
    Outcome.MISSING: "missing",
    Outcome.STOP: "unavailable",
    Outcome.REJECT: "unavailable",
}
"""What is told to those who asked; of anything else they hear when there is an answer."""


async def ask(client: ZoomReader, question: ZoomQuestion) -> QuestionAnswer | NoAnswer:
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


def as_answer(answer: NoAnswer) -> QuestionAnswer | NoAnswer:
    """What those who asked are told of this; itself where they wait."""
    outcome = _ANSWERED.get(answer.outcome)
    return answer if outcome is None else QuestionAnswer(outcome, answer.says)
