"""Polls and questions from Zoom's reports to the score in Brevo, where one of the two may not be read."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sandbox.simulator import World
from sandbox.truth import Rules
from sandbox.truth.scores import Activity as Done
from sandbox.truth.scores import SessionPart, session_score
from sandbox.zoom.backend import ZoomOptions
from sandbox.zoom.endpoints import ALL_SCOPES
from sandbox.zoom.state import Instance, ZoomObject
from schemas.attendance import FACT, Interaction, Result
from schemas.sessions import SessionSummary
from schemas.topics import ATTENDANCE_RESULTS, ATTENDANCE_SESSIONS, LOOKUP_RESULTS
from tests.support.installation import Installation, installation, webinar
from tests.support.kafka import read_to_end
from tests.support.processes import eventually

SAID = "Which of these did you like"


def with_polls(world: World, *answered: tuple[str, tuple[str, ...]]) -> World:
    """The world whose Zoom reports who answered which polls."""
    rows: list[dict[str, Any]] = [
        {
            "email": email,
            "name": "N",
            "question_details": [{"polling_id": poll, "question": SAID, "answer": "none"} for poll in polls],
        }
        for email, polls in answered
    ]
    (session,) = world.zoom.sessions
    instances = [Instance.model_validate({**instance.model_dump(), "polls": rows}) for instance in session.instances]
    changed = ZoomObject.model_validate({**session.model_dump(), "instances": instances})
    return World(
        world.event,
        world.people,
        world.deliveries,
        world.zoom.model_copy(update={"sessions": (changed,)}),
        world.chaos,
    )


async def results_of(home: Installation, bootstrap: str) -> dict[str, Result]:
    """The newest result of each person."""
    facts = [
        FACT.validate_json(message.value or b"")
        for message in await read_to_end(bootstrap, home.physical(ATTENDANCE_RESULTS))
    ]
    return {fact.email: fact for fact in facts if isinstance(fact, Result)}


async def test_polls_reach_the_score_while_questions_may_not_be_read(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """The missing scope is recorded and costs nothing else; no answer leaves the look-ups."""
    world = webinar(20, seed=7)
    ann, ben, *_ = sorted(
        person.email
        for person in world.people
        if person.role == "attendee" and person.behaviour == "full" and person.email
    )
    world = with_polls(world, (ann, ("p1", "p2")), (ben, ("p1",)), ("", ("p3",)))
    options = ZoomOptions(plan="business", scopes=ALL_SCOPES - {"report:read:webinar_qna:admin"})
    async with installation(kafka_bootstrap, topic_prefix, tmp_path, zoom=options) as home:
        file = home.directory / "rollcall.yaml"
        file.write_text(
            f"{file.read_text(encoding='utf-8')}zoom_api: {{plan: business, interaction: true}}\n", encoding="utf-8"
        )
        await home.enlist(world)
        ingress, worker = home.start_ingress(), home.start_worker()
        await asyncio.gather(ingress.until_ready(), worker.until_ready())
        await home.send(world)

        async def told() -> bool:
            return (await results_of(home, kafka_bootstrap)).keys() >= {ann, ben}

        await eventually(told, timeout_seconds=60, what="the results are out", tell=home.last_words)
        await home.until_idle(worker)
        results = await results_of(home, kafka_bootstrap)
        assert results[ann].interaction == Interaction(polls_answered=2, polls_offered=3)
        assert results[ben].interaction == Interaction(polls_answered=1, polls_offered=3)
        came = [
            result
            for result in results.values()
            if result.attendance_status != "no_show" and result.email not in (ann, ben)
        ]
        assert {result.interaction for result in came} == {Interaction(polls_answered=0, polls_offered=3)}

        contacts = {contact["email"]: contact["attributes"] for contact in home.held()["contacts"]}
        for email, polls in ((ann, 2), (ben, 1)):
            assert contacts[email]["ENGAGEMENT_SCORE"] == score(results[email])
            assert f"{polls} of 3 polls" in contacts[email]["ENGAGEMENT_WHY"]
        assert contacts[ann]["ENGAGEMENT_SCORE"] > contacts[ben]["ENGAGEMENT_SCORE"]
        (*_, last) = await read_to_end(kafka_bootstrap, home.physical(ATTENDANCE_SESSIONS))
        summary = SessionSummary.from_bytes(last.value or b"")
        assert summary.interaction is not None
        assert (summary.interaction.polls, summary.interaction.questions) == ("found", "unavailable")
        assert await worker.figure("rollcall_zoom_lookups_total", lookup="questions", outcome="unavailable") >= 1
        answers = await read_to_end(kafka_bootstrap, home.physical(LOOKUP_RESULTS))
        assert answers
        assert not any(SAID.encode() in (answer.value or b"") for answer in answers)
        assert (await ingress.stop(), await worker.stop()) == (0, 0)


def score(result: Result) -> int:
    """What one session alone makes, by the truth's own arithmetic."""
    done = result.interaction
    presence = SessionPart(
        result.attendance_status, result.attended_seconds, result.length_seconds, result.late_seconds or 0
    )
    polls = None if done is None or not done.polls_offered else (done.polls_answered or 0, done.polls_offered)
    return session_score(presence, Rules(), Done(polls=polls))
