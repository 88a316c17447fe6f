"""A resync as the rule does it: from what is kept and the configuration of today, whatever was sent before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engine.memory_store import MemoryStore
from processors.engine.view import Output
from runtime.models import Configuration
from schemas.attendance import Result
from schemas.brevo import BREVO_COMMAND, UpsertContact
from schemas.codec import contact_id
from schemas.engagement import ResyncContact
from schemas.errors import DeadLetterError
from schemas.topics import BREVO_COMMANDS_BULK, ENGAGEMENT_RESYNCS, ENGAGEMENT_SCORES
from tests.support.contact_facts import CONTACT, EMAIL, LISTS, configuration, records, registration, result
from tests.support.rules import record, run

ASKED_AT = datetime(2026, 11, 27, 3, 30, tzinfo=UTC)
WRONG = configuration(zoom={"lists": LISTS | {"webinar_attendees": 99}})


def resynced(store: MemoryStore, settings: Configuration, contact: str = CONTACT) -> list[Output]:
    """Outputs of one request."""
    value = ResyncContact(contact_id=contact, requested_at=ASKED_AT).to_bytes()
    asked = record(ENGAGEMENT_RESYNCS.name, value, key=contact.encode())
    return run(ScoreEngagement(settings), [asked], {ENGAGEMENT_TABLE: store})


def taken(*facts: Result, settings: Configuration = WRONG) -> MemoryStore:
    """What is kept after a registration and these facts."""
    store = MemoryStore()
    run(ScoreEngagement(settings), records(registration(), *facts), {ENGAGEMENT_TABLE: store})
    return store


def upsert_of(outputs: list[Output]) -> UpsertContact:
    """The one command among the outputs, which came with bulk priority."""
    (command,) = [
        BREVO_COMMAND.validate_json(output.value or b"")
        for output in outputs
        if output.topic == BREVO_COMMANDS_BULK.name
    ]
    assert isinstance(command, UpsertContact)
    return command


def test_resync_puts_the_contact_on_the_list_that_the_configuration_names_now() -> None:
    """Nothing was heard of the contact since: its facts and the mended id are enough."""
    outputs = resynced(taken(result()), configuration())
    assert [output.topic for output in outputs] == [BREVO_COMMANDS_BULK.name]
    command = upsert_of(outputs)
    assert command.lists == (16, 17)
    assert (command.reason, command.retries_refused, command.occurred_at) == ("resync", True, ASKED_AT)
    assert command.email == EMAIL


def test_resync_sends_the_command_again_with_a_higher_revision_though_nothing_differs() -> None:
    """What Brevo refused stands in the sink's rows alone, and only a newer command makes it try again."""
    store = taken(result(), settings=configuration())
    first, second = (upsert_of(resynced(store, configuration())) for _ in range(2))
    assert (first.attributes, first.lists) == (second.attributes, second.lists)
    assert second.revision == first.revision + 1


def test_resync_sends_the_score_that_the_settings_of_today_give() -> None:
    """As the command, from the results that are kept."""
    store = taken(result())
    outputs = resynced(store, configuration(scoring={"model_version": "2"}))
    assert [output.topic for output in outputs] == [ENGAGEMENT_SCORES.name, BREVO_COMMANDS_BULK.name]


def test_fact_after_a_resync_sends_nothing_that_the_resync_has_sent() -> None:
    """The resync's command is the last one that was sent."""
    store = taken(result())
    resynced(store, configuration())
    again = run(ScoreEngagement(configuration()), records(result()), {ENGAGEMENT_TABLE: store})
    assert again == []


def test_resync_of_an_excluded_domain_sends_nothing() -> None:
    """Nobody writes of people who are left out."""
    settings = configuration(filters={"exclude_domains": ["example.com"]})
    assert resynced(taken(result()), settings) == []


def test_resync_of_a_contact_that_was_never_written_sends_nothing() -> None:
    """It is no reason to create anybody."""
    assert resynced(taken(result()), configuration(), contact_id("nobody@example.com")) == []


def test_resync_without_a_value_is_a_dead_letter() -> None:
    """It says nothing."""
    with pytest.raises(DeadLetterError, match="a record without a value"):
        run(ScoreEngagement(WRONG), [record(ENGAGEMENT_RESYNCS.name, None)], {ENGAGEMENT_TABLE: MemoryStore()})
