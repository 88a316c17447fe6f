"""Polls, questions and chat in the results, from what the sandbox's Zoom answers."""

from __future__ import annotations

from random import Random
from typing import Any

import orjson
import pytest

from sandbox.simulator.simulation import simulate_webinar
from sandbox.zoom.state import Instance, ZoomState
from schemas.attendance import Interaction, Result
from schemas.errors import DeadLetterError
from schemas.sessions import InteractionSummary
from tests.support.tracking import START_MS, Pipeline, configuration

STARTS_AT = START_MS // 1_000 - 4_200
"""The session has just ended when its deliveries come: a day later its report would settle at once."""
WORLD = simulate_webinar(12, 5, frozenset({"restart"}), starts_at=STARTS_AT)
FIRST, LAST = (span.uuid for span in WORLD.event.spans)
ON = {"interaction": True}


def attendees() -> list[str]:
    """The addresses of whoever came, from a run without interaction."""
    return sorted(
        result.email for result in played(WORLD.zoom, {}).results.values() if result.attendance_status != "no_show"
    )


def person(email: str, *items: str) -> dict[str, Any]:
    """A row of a report on polls or questions."""
    return {"email": email, "name": "N", "question_details": [{"question": item, "answer": "a"} for item in items]}


def known(**of_instance: dict[str, list[dict[str, Any]]]) -> ZoomState:
    """The world's Zoom with rows of polls or questions by uuid."""
    (session,) = WORLD.zoom.sessions
    instances = [
        instance.model_copy(update={kind: tuple(rows.get(instance.uuid, ())) for kind, rows in of_instance.items()})
        for instance in session.instances
    ]
    changed = session.model_copy(
        update={"instances": tuple(Instance.model_validate(instance.model_dump()) for instance in instances)}
    )
    return WORLD.zoom.model_copy(update={"sessions": (changed,)})


def chat(uuid: str, message_id: str, email: str | None) -> bytes:
    """A message as Zoom tells of it."""
    item = {
        "id": WORLD.event.object_id,
        "uuid": uuid,
        "host_id": WORLD.event.host_id,
        "chat_message": {"message_id": message_id, "sender_email": email, "date_time": "2026-08-12T14:10:00Z"},
    }
    payload = {"account_id": WORLD.event.account_id, "object": item}
    return orjson.dumps({"event": "webinar.chat_message_sent", "event_ts": STARTS_AT * 1_000, "payload": payload})


def played(
    zoom: ZoomState, zoom_api: dict[str, Any], *more: bytes, shuffle: int | None = None, **sections: Any
) -> Pipeline:
    """All deliveries of the world and `more`, then everything that is due."""
    bodies = [*(delivery.body for delivery in WORLD.deliveries), *more]
    random = None if shuffle is None else Random(shuffle)
    if random:
        random.shuffle(bodies)
        bodies += random.sample(bodies, len(bodies) // 5)
    pipeline = Pipeline(configuration(zoom_api=zoom_api, **sections), zoom, random)
    pipeline.feed(bodies)
    pipeline.settle()
    return pipeline


def by_email(pipeline: Pipeline) -> dict[str, Result]:
    """The results of the one session."""
    return {result.email: result for result in pipeline.results.values()}


@pytest.mark.parametrize("shuffle", [None, 1, 2])
def test_interaction_is_united_over_instances_by_email_with_the_final_result(shuffle: int | None) -> None:
    """Polls of both instances; a message that comes twice is one; an unnamed guest's poll was offered to all."""
    ann, ben, *others = attendees()
    zoom = known(
        polls={
            FIRST: [person(ann.upper(), "p1", "p2"), person("", "p3")],
            LAST: [person(ann, "p2"), person(ben, "p1")],
        },
        questions={LAST: [person(ben, "why?", "how?")]},
    )
    messages = [chat(FIRST, "m1", ann), chat(FIRST, "m1", ann), chat(LAST, "m2", ann), chat(LAST, "m3", None)]
    pipeline = played(zoom, ON, *messages, shuffle=shuffle)
    results = by_email(pipeline)
    assert results[ann].interaction == Interaction(
        polls_answered=2, polls_offered=3, questions_asked=0, chat_messages=2
    )
    assert results[ben].interaction == Interaction(
        polls_answered=1, polls_offered=3, questions_asked=2, chat_messages=0
    )
    nothing = Interaction(polls_answered=0, polls_offered=3, questions_asked=0, chat_messages=0)
    assert {results[email].interaction for email in others} == {nothing}
    assert {result.interaction for result in results.values() if result.attendance_status == "no_show"} == {None}
    (summary,) = pipeline.summaries.values()
    assert summary.interaction == InteractionSummary(
        polls="found", questions="found", polls_offered=3, questions_asked=2, chat_messages=3
    )


def test_live_result_has_no_interaction_and_the_final_one_has() -> None:
    """Zoom is asked once nothing else will change; nobody's score moves twice for it."""
    ann = attendees()[0]
    zoom = known(polls={FIRST: [person(ann, "p1")]})
    pipeline = played(zoom, ON, sessions={"settle": "60s", "report_checks": ["5m"]})
    revisions = [fact for fact in pipeline.facts if isinstance(fact, Result) and fact.email == ann]
    assert [revision.interaction is not None for revision in revisions if not revision.is_final] == [False]
    assert [revision.interaction for revision in revisions if revision.is_final][-1] == Interaction(
        polls_answered=1, polls_offered=1
    )


def test_score_counts_what_was_offered_alone() -> None:
    """One of two polls is 2.5 of 5 points; the sentence for Brevo says so."""
    ann, ben, *_ = attendees()
    before = by_email(played(WORLD.zoom, ON))
    pipeline = played(known(polls={FIRST: [person(ann, "p1"), person(ben, "p2")]}), ON)
    assert before[ann].interaction is None
    assert "1 of 2 polls" in str(pipeline.upserts[ann].attributes["ENGAGEMENT_WHY"].value)


def test_interaction_is_neither_asked_for_nor_kept_unless_it_is_switched_on() -> None:
    """Privacy: off by default."""
    zoom = known(polls={FIRST: [person(email, "p1") for email in attendees()]})
    pipeline = played(zoom, {}, chat(FIRST, "m1", attendees()[0]))
    assert {result.interaction for result in pipeline.results.values()} == {None}
    assert {request.lookup for request in pipeline.asked}.isdisjoint({"polls", "questions"})
    assert not [key for key in pipeline.stores["attendance"].rows if key.startswith(b"b|")]
    assert {summary.interaction for summary in pipeline.summaries.values()} == {None}


def test_kind_that_may_not_be_asked_is_recorded_and_the_rest_counts() -> None:
    """A missing scope for polls costs nothing but the polls."""
    ann = attendees()[0]
    pipeline = Pipeline(configuration(zoom_api=ON), known(questions={FIRST: [person(ann, "why?")]}))
    pipeline.refused = frozenset({"polls"})
    pipeline.feed([delivery.body for delivery in WORLD.deliveries])
    pipeline.settle()
    assert by_email(pipeline)[ann].interaction == Interaction(questions_asked=1)
    (summary,) = pipeline.summaries.values()
    assert summary.is_final
    assert summary.interaction is not None
    assert (summary.interaction.polls, summary.interaction.questions) == ("unavailable", "found")


def test_message_without_an_id_is_a_dead_letter_that_quotes_nothing() -> None:
    """It could not be told from its own repeats."""
    event = orjson.loads(chat(FIRST, "", "ann@example.com"))
    pipeline = Pipeline(configuration(zoom_api=ON), WORLD.zoom)
    with pytest.raises(DeadLetterError, match="message_id is missing") as raised:
        pipeline.feed([orjson.dumps(event)])
    assert "ann@" not in str(raised.value)
