from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engine.memory_store import MemoryStore
from processors.engine.view import Record
from schemas.attendance import FACT
from schemas.brevo import BREVO_COMMAND
from schemas.engagement import REQUEST, CandidateScores, ContactScore
from schemas.topics import (
    ATTENDANCE_RESULTS,
    BREVO_COMMANDS,
    ENGAGEMENT_CANDIDATES,
    ENGAGEMENT_RESYNCS,
    ENGAGEMENT_SCORES,
)
from tests.support.contact_facts import configuration
from tests.support.rules import record, run

EXAMPLES = Path(__file__).parents[4] / "schemas" / "examples"
PARSERS: dict[str, Callable[[bytes], BaseModel]] = {
    ATTENDANCE_RESULTS.name: FACT.validate_json,
    BREVO_COMMANDS.name: BREVO_COMMAND.validate_json,
    ENGAGEMENT_CANDIDATES.name: CandidateScores.model_validate_json,
    ENGAGEMENT_RESYNCS.name: REQUEST.validate_json,
    ENGAGEMENT_SCORES.name: ContactScore.model_validate_json,
}
SENT_FOR = {
    ("registration__approved",): ("upsert__registered", "event__registered"),
    ("registration__from_list",): ("confirmation__of_a_list",),
    ("registration__approved", "result__left_early"): (
        "score__left_early",
        "candidates__who_stays_counts",
        "upsert__left_early",
        "event__attended",
    ),
    ("registration__approved", "result__no_show"): ("score__no_show", "upsert__no_show", "event__no_show"),
    ("registration__approved", "result__left_early", "result__attended_restarted"): (
        "score__with_interaction",
        "upsert__corrected",
    ),
    ("result__left_early", "result__retracted"): ("upsert__retracted",),
    ("result__meeting",): ("event__meeting_attended",),
    ("result__left_early", "recording__ready"): ("event__recording_ready",),
    ("result__no_show", "recording__ready"): ("recording__template",),
    ("session_recording__final",): ("campaign__recording",),
    ("registration__approved", "result__left_early", "resync__asked_by_a_person"): ("upsert__resync",),
}
"""Facts (and a request) in order, and what the agent sends at the last of them, all by name of example."""

BREVO: dict[tuple[str, ...], dict[str, Any]] = {
    ("recording__template",): {"recordings": {"by": "template", "template": 41}},
    ("campaign__recording",): {
        "recordings": {
            "by": "campaign",
            "campaign": {"lists": [16], "subject": "The recording", "template": 41, "sender": {"id": 3}},
        }
    },
    ("confirmation__of_a_list",): {
        "list_rules": {17: {"rule": "doi", "template_id": 5, "redirect_url": "https://www.example.com/thanks"}}
    },
}
"""The section `brevo` where outputs depend on it."""
SCORING = {"candidates": {"who-stays": {"weights": {"stayed": 60}}}}
"""With a candidate, which no other output depends on."""
TOPICS = {"score": ENGAGEMENT_SCORES, "candidates": ENGAGEMENT_CANDIDATES}
"""By the beginning of an example's name; all others are commands."""


def content(topic: str, name: str) -> Any:
    """An example as plain JSON."""
    return json.loads((EXAMPLES / topic / f"{name}.json").read_text())


@pytest.mark.parametrize(
    ("topic", "name"), [(topic, path.stem) for topic in PARSERS for path in sorted((EXAMPLES / topic).glob("*.json"))]
)
def test_example_parses_and_round_trips(topic: str, name: str) -> None:
    """An example shows every field of its model, and nothing else."""
    path = EXAMPLES / topic / f"{name}.json"
    assert PARSERS[topic](path.read_bytes()).model_dump(mode="json") == json.loads(path.read_text())


def given(name: str) -> Record:
    """An example of an input as the agent gets it."""
    topic = ENGAGEMENT_RESYNCS if name.startswith(("resync__", "rebuild__")) else ATTENDANCE_RESULTS
    return record(topic.name, json.dumps(content(topic.name, name)).encode())


@pytest.mark.parametrize(("facts", "sent"), SENT_FOR.items())
def test_example_outputs_are_what_the_agent_sends(facts: tuple[str, ...], sent: tuple[str, ...]) -> None:
    """The examples of the agent's outputs are its true outputs for the examples of its inputs."""
    rule = ScoreEngagement(
        configuration(brevo=BREVO.get(sent, {}), scoring=SCORING if "candidates__who_stays_counts" in sent else {})
    )
    outputs = run(rule, [given(name) for name in facts], {ENGAGEMENT_TABLE: MemoryStore()})[-len(sent) :]
    topics = [TOPICS.get(name.partition("__")[0], BREVO_COMMANDS).name for name in sent]
    assert [json.loads(output.value or b"") for output in outputs] == list(map(content, topics, sent))


def test_examples_of_outputs_are_all_checked() -> None:
    """Every example of an output stands in the table above."""
    named = {name for sent in SENT_FOR.values() for name in sent}
    there = {path.stem for topic in (BREVO_COMMANDS, *TOPICS.values()) for path in (EXAMPLES / topic.name).iterdir()}
    assert there == named
