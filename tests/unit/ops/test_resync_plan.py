"""Whom a resync concerns: what is kept of a contact and what Brevo has of it, judged by today's configuration."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ops.resync.command import ResyncScope
from ops.resync.kept import Kept
from ops.resync.plan import EXCLUDED, GONE_AT_BREVO, ON_ITS_WAY, UNWRITTEN, ResyncNeed, ResyncPlan, ResyncPlanner
from processors.brevo.decisions.ledger import ContactRow, EventRow, EventState, Suppression, Waiting, event_key
from processors.brevo.decisions.upsert import after_create, next_step
from processors.brevo.decisions.values import sendable
from processors.brevo.decisions.wanted import Known, Wanted
from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engagement.row_bytes import contact_prefix, decode_rows
from processors.engine.memory_store import MemoryStore
from runtime.models import Configuration
from schemas.brevo import BREVO_COMMAND, TrackEvent, UpsertContact
from schemas.errors import ConfigurationError
from schemas.topics import BREVO_COMMANDS
from tests.support.contact_facts import CONTACT, EMAIL, LISTS, configuration, records, registration, result
from tests.support.rules import run

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
WRONG = configuration(zoom={"lists": LISTS | {"webinar_attendees": 15}})


def _waiting(command: UpsertContact | TrackEvent) -> Waiting:
    return Waiting(command=command.to_bytes().decode(), topic=BREVO_COMMANDS.name, offset=0, timestamp_ms=0)


def _acknowledged(command: UpsertContact) -> ContactRow:
    """As after Brevo has taken all of it, of a contact that was not there before."""
    wanted = Wanted.of(command, sendable(command.attributes)[0])
    known = Known(exists=False)
    step = next_step(wanted, known)
    state = after_create(wanted, known, step, created=True).state()  # type: ignore[arg-type] # a create, for sure
    return ContactRow(done=(command.revision, 1, 0), state=state)


def kept(settings: Configuration, **ledger: object) -> Kept:
    """A registered contact that came, written to Brevo by `settings`; `ledger` changes the sink's row."""
    store = MemoryStore()
    outputs = run(ScoreEngagement(settings), records(registration(), result()), {ENGAGEMENT_TABLE: store})
    commands = [
        BREVO_COMMAND.validate_json(output.value or b"") for output in outputs if output.topic == BREVO_COMMANDS.name
    ]
    newest = [command for command in commands if isinstance(command, UpsertContact)][-1]
    events = {
        event_key(CONTACT, command.name, command.once_keys[0]): EventRow(
            state="acknowledged", command_id=command.command_id
        )
        for command in commands
        if isinstance(command, TrackEvent)
    }
    row = _acknowledged(newest).model_copy(update=ledger)
    rows = decode_rows(CONTACT, store.scan(contact_prefix(CONTACT), b""))
    return Kept(CONTACT, rows, row, events, None)


def need(contact: Kept, settings: Configuration | None = None) -> ResyncNeed | str:
    """What the right configuration makes of it."""
    return ResyncPlanner(settings or configuration(), NOW).need(contact)


def _with_event(contact: Kept, state: EventState, *, given_up: bool = False) -> Kept:
    """The same with its event of the session in another state."""
    store = MemoryStore()
    outputs = run(ScoreEngagement(configuration()), records(result()), {ENGAGEMENT_TABLE: store})
    commands = [
        BREVO_COMMAND.validate_json(output.value or b"") for output in outputs if output.topic == BREVO_COMMANDS.name
    ]
    (event,) = [command for command in commands if isinstance(command, TrackEvent)]
    row = EventRow(state=state, command_id=event.command_id, waiting=_waiting(event), given_up=given_up)
    key = event_key(CONTACT, event.name, event.once_keys[0])
    return Kept(CONTACT, contact.rows, contact.ledger, {**contact.events, key: row}, contact.told)


def test_scope_names_a_contact_however_the_address_is_written() -> None:
    """An id is taken from an address as the facts have it, not from the capitals of whoever types."""
    assert ResyncScope.named(contact=f" {EMAIL.upper()}").contact == ResyncScope.named(contact=CONTACT).contact
    with pytest.raises(ConfigurationError, match="neither an e-mail address nor a contact id"):
        ResyncScope.named(contact="maya at example")


def test_contact_that_has_all_of_it_is_not_concerned() -> None:
    """So a second resync has nothing to do."""
    assert need(kept(configuration())) == ResyncNeed(frozenset())


def test_contact_on_the_list_of_a_wrong_id_joins_the_right_one() -> None:
    """The other list is no list of ours any more for who came: it is left only where the configuration says so."""
    found = need(kept(WRONG))
    assert isinstance(found, ResyncNeed)
    assert found.causes == {"changed"}
    assert (found.joins, found.sets) == ((16,), ())


def test_contact_on_a_list_of_ours_that_it_shall_not_be_on_leaves_it() -> None:
    """Two ids were exchanged."""
    exchanged = configuration(zoom={"lists": LISTS | {"webinar_attendees": 18, "webinar_no_shows": 16}})
    found = need(kept(exchanged))
    assert isinstance(found, ResyncNeed)
    assert (found.joins, found.leaves) == ((16,), (18,))


def test_contact_that_awaits_a_list_of_the_configuration_needs_no_resync() -> None:
    """It joins as soon as the list exists; one that awaits a list of an older configuration is concerned."""
    state = kept(configuration()).ledger.state
    assert state is not None
    without = state.model_copy(update={"lists": (17,)})
    found = need(kept(configuration(), state=without, awaited=(16,)))
    assert found == ResyncNeed(frozenset(), awaits=frozenset({16}))
    outdated = need(kept(configuration(), awaited=(99,)))
    assert isinstance(outdated, ResyncNeed)
    assert outdated.causes == {"changed"}


def test_refused_value_is_tried_again_alone() -> None:
    """Its name is told; nothing else of the contact differs."""
    contact = kept(configuration())
    state = contact.ledger.state
    assert state is not None
    attributes = {name: value for name, value in state.attributes.items() if name != "WEBINAR_NAME"}
    lacking = state.model_copy(update={"attributes": attributes, "refused": {"WEBINAR_NAME": "Roadmap"}})
    found = need(kept(configuration(), state=lacking))
    assert isinstance(found, ResyncNeed)
    assert found.causes == {"left_out"}
    assert found.sets == ("WEBINAR_NAME",)


def test_refused_contact_is_tried_again() -> None:
    """All of it."""
    found = need(kept(configuration(), state=None, rejected="Brevo refuses the request"))
    assert isinstance(found, ResyncNeed)
    assert "refused" in found.causes


def test_refused_event_is_sent_and_one_in_doubt_given_up_or_switched_off_is_not() -> None:
    """What may have been sent is for a person to decide; what nobody wants stays as it is."""
    contact = kept(configuration())
    found = need(_with_event(contact, "rejected"))
    assert isinstance(found, ResyncNeed)
    assert found.causes == {"events"}
    assert found.events == ("zoom_webinar_attended",)
    assert need(_with_event(contact, "in_doubt")) == ResyncNeed(frozenset())
    assert need(_with_event(contact, "rejected", given_up=True)) == ResyncNeed(frozenset())
    off = configuration(brevo={"events": {"attended": False}})
    assert need(_with_event(contact, "rejected"), off) == ResyncNeed(frozenset())


def test_command_that_waits_for_brevo_and_says_the_same_is_not_asked_for_again() -> None:
    """As after a resync while Brevo or its worker is away."""
    contact = kept(configuration())
    store = MemoryStore()
    outputs = run(ScoreEngagement(configuration()), records(registration(), result()), {ENGAGEMENT_TABLE: store})
    commands = [
        BREVO_COMMAND.validate_json(output.value or b"") for output in outputs if output.topic == BREVO_COMMANDS.name
    ]
    newest = [command for command in commands if isinstance(command, UpsertContact)][-1]
    waiting = {"pending": _waiting(newest), "rank": (newest.revision, 1, 0), "state": None}
    assert need(kept(configuration(), **waiting)) == ON_ITS_WAY
    assert need(kept(WRONG, **waiting)) == ON_ITS_WAY
    assert isinstance(need(kept(configuration(), **waiting, rejected="no")), ResyncNeed)
    assert contact.was_in("s1==")
    assert not contact.was_in("s2==")


def test_contact_that_was_deleted_or_is_left_out_is_left_alone() -> None:
    """Nobody brings it back by asking for a resync."""
    contact = kept(configuration())
    deleted = Kept(CONTACT, contact.rows, ContactRow(), {}, Suppression(told={"deleted": NOW}))
    assert need(deleted) == GONE_AT_BREVO
    assert need(contact, configuration(filters={"exclude_domains": [EMAIL.partition("@")[2]]})) == EXCLUDED
    assert need(Kept(CONTACT, decode_rows(CONTACT, ()), ContactRow(), {}, None)) == UNWRITTEN


def test_plan_counts_contacts_causes_lists_and_events() -> None:
    """One contact may have several causes; who is left alone is counted by why."""
    plan = ResyncPlan()
    plan.add(
        "a", ResyncNeed(frozenset({"changed", "events"}), ("COMPANY",), (16,), (18,), ("zoom_webinar_attended",) * 2)
    )
    plan.add("b", ResyncNeed(frozenset(), awaits=frozenset({99})))
    plan.add("c", GONE_AT_BREVO)
    assert (plan.looked_at, plan.contacts) == (3, ["a"])
    assert plan.causes == {"changed": 1, "events": 1}
    assert (plan.joins, plan.leaves, plan.sets) == ({16: 1}, {18: 1}, {"COMPANY": 1})
    assert (plan.events, plan.awaits) == ({"zoom_webinar_attended": 2}, {99: 1})
    assert plan.left_alone == {GONE_AT_BREVO: 1}
