"""What registrants tell of themselves becomes attributes, where the mapping names it."""

from __future__ import annotations

from typing import Any

import pytest

from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engagement.row_bytes import decode_registration, encode_registration
from processors.engagement.state import merged_registration
from processors.engine.memory_store import MemoryStore
from processors.engine.turn_view import TurnView
from schemas.attendance import REGISTRANT_FIELDS, Registration
from schemas.brevo import BREVO_COMMAND, UpsertContact
from schemas.topics import BREVO_COMMANDS
from tests.support.contact_facts import MAPPING, configuration, records, registration

FILLED_IN: dict[str, Any] = {name: f"{name} of r1" for name in REGISTRANT_FIELDS}


def _upsert(mapping: dict[str, Any], *facts: Registration) -> UpsertContact:
    rule = ScoreEngagement(configuration(field_mapping={**MAPPING, **mapping}))
    view = TurnView(0, {ENGAGEMENT_TABLE: MemoryStore()})
    for record in records(*facts):
        rule.handle(record, view)
        view.commit(record)
    sent = [output.value for output, _ in view.outbox if output.topic == BREVO_COMMANDS.name]
    commands = [BREVO_COMMAND.validate_json(value) for value in sent if value is not None]
    return [command for command in commands if isinstance(command, UpsertContact)][-1]


@pytest.mark.parametrize("name", REGISTRANT_FIELDS)
def test_field_that_is_mapped_becomes_its_attribute_and_no_other_does(name: str) -> None:
    """As text that fills only what is empty, since a form is no better than what Brevo holds already."""
    command = _upsert({name: "TOLD"}, registration(**FILLED_IN))
    written = command.attributes["TOLD"]
    assert (written.type, written.value, written.overwrite) == ("text", f"{name} of r1", "if_empty")
    assert str(command.attributes).count(" of r1") == 1


def test_field_of_the_latest_registration_that_has_one_stands() -> None:
    """A form without the question takes nothing away."""
    mapping = {"org": {"attribute": "COMPANY", "transform": "upper", "overwrite": "always"}, "city": "CITY"}
    later = registration("r2", days=-1, org="Granit & Söhne")
    command = _upsert(mapping, later, registration("r1", org="Muster", city="Köln"))
    assert command.attributes["COMPANY"].value == "GRANIT & SÖHNE"
    assert command.attributes["COMPANY"].overwrite == "always"
    assert command.attributes["CITY"].value == "Köln"


def test_row_keeps_only_fields_that_are_mapped() -> None:
    """Personal data that nobody uses is not kept."""
    row = merged_registration(None, registration(**FILLED_IN), None, fields={"org", "city"})
    assert row.told == (("city", "city of r1"), ("org", "org of r1"))
    assert decode_registration(encode_registration(row)) == row
    assert b"comments" not in encode_registration(row)
