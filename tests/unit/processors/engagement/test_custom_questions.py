"""Custom questions of registrations become attributes, where the mapping names them."""

from __future__ import annotations

from typing import Any

import pytest

from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engagement.row_bytes import decode_registration, encode_registration
from processors.engagement.state import merged_registration
from processors.engine.memory_store import MemoryStore
from processors.engine.turn_view import TurnView
from schemas.attendance import Registration
from schemas.brevo import BREVO_COMMAND, UpsertContact
from schemas.topics import BREVO_COMMANDS
from tests.support.contact_facts import MAPPING, configuration, records, registration

TOPIC = "Which topic interests you most?"
ANSWERS = {TOPIC: " Pricing ", "Size of your company?": "11-50"}


def _upsert(mapping: Any, *facts: Registration) -> UpsertContact:
    rule = ScoreEngagement(configuration(field_mapping={**MAPPING, "custom_questions": mapping}))
    store = {ENGAGEMENT_TABLE: MemoryStore()}
    found = []
    for record in records(*facts):
        view = TurnView(record.partition, dict(store))
        rule.handle(record, view)
        view.commit(record)
        for table, rows in view.changes.items():
            store[table].apply(rows)
        found += [output.value for output, _ in view.outbox if output.topic == BREVO_COMMANDS.name]
    upserts = [BREVO_COMMAND.validate_json(value) for value in found if value is not None]
    return [upsert for upsert in upserts if isinstance(upsert, UpsertContact)][-1]


@pytest.mark.parametrize(
    ("mapping", "value", "overwrite"),
    [
        ("TOPIC_INTEREST", " Pricing ", "always"),
        ({"attribute": "TOPIC_INTEREST", "transform": "trim", "overwrite": "if_empty"}, "Pricing", "if_empty"),
    ],
)
def test_answer_to_a_mapped_question_becomes_its_attribute(mapping: Any, value: str, overwrite: str) -> None:
    """Short and long form; questions that nobody mapped are not written."""
    command = _upsert({TOPIC: mapping}, registration(custom_questions=ANSWERS))
    written = command.attributes["TOPIC_INTEREST"]
    assert (written.type, written.value, written.overwrite) == ("text", value, overwrite)
    assert "11-50" not in str(command.attributes)


def test_answer_of_the_latest_registration_stands() -> None:
    """As everything that registrations say."""
    later = registration("r2", days=-1, custom_questions={TOPIC: "Security"})
    command = _upsert({TOPIC: "TOPIC_INTEREST"}, later, registration("r1", custom_questions=ANSWERS))
    assert command.attributes["TOPIC_INTEREST"].value == "Security"


def test_row_keeps_only_answers_that_are_mapped_and_reads_older_rows() -> None:
    """Personal data that nobody uses is not kept; rows written before have none."""
    row = merged_registration(None, registration(custom_questions=ANSWERS), None, {TOPIC})
    assert row.answers == ((TOPIC, " Pricing "),)
    assert decode_registration(encode_registration(row)) == row
    assert decode_registration(encode_registration(row._replace(answers=()))).answers == ()
