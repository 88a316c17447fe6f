"""Who registers: whom the agent asks to confirm a list, and who comes back by it after they were deleted at Brevo."""

from __future__ import annotations

from typing import Any

from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engine.memory_store import MemoryStore
from schemas.brevo import BREVO_COMMAND, ConfirmList, UpsertContact
from schemas.replays import Lineage
from tests.support.contact_facts import configuration, copies, records, registration, result
from tests.support.rules import run
from tests.support.scored_contact import Fact, commands

DOI = {"list_rules": {17: {"rule": "doi", "template_id": 5, "redirect_url": "https://www.example.com/thanks"}}}


def _confirmations(*facts: Fact, **brevo: Any) -> list[int]:
    outputs = run(ScoreEngagement(configuration(brevo=DOI | brevo)), records(*facts), {ENGAGEMENT_TABLE: MemoryStore()})
    commands = [BREVO_COMMAND.validate_json(output.value or b"") for output in outputs if "commands" in output.topic]
    assert not any(17 in command.lists for command in commands if isinstance(command, UpsertContact))
    return [command.list_id for command in commands if isinstance(command, ConfirmList)]


def test_rule_asks_once_to_confirm_a_list() -> None:
    """Whatever else is heard of the contact; the list is Brevo's to join."""
    cancelled = registration(revision=2, registration_status="cancelled")
    again = registration(revision=3)
    assert _confirmations(registration(), registration("r2"), cancelled, again, result()) == [17]


def test_rule_asks_who_registers_again_where_deleted_people_are_asked() -> None:
    """The sink knows who was deleted, and asks nobody else twice; a result asks nobody again."""
    assert _confirmations(registration(), result(), registration("r2"), deleted="ask") == [17, 17]


def test_rule_asks_nobody_who_cancels() -> None:
    """One of two registrations is cancelled: that is no word of somebody who was deleted and wants to be back."""
    cancelled = registration(revision=2, days=-1, registration_status="cancelled")
    assert _confirmations(registration(), registration("r2"), cancelled, deleted="ask") == [17, 17]


def _reasons(*facts: Fact, **brevo: Any) -> list[str]:
    outputs = run(ScoreEngagement(configuration(brevo=brevo)), records(*facts), {ENGAGEMENT_TABLE: MemoryStore()})
    told = [BREVO_COMMAND.validate_json(output.value or b"") for output in outputs if "commands" in output.topic]
    return [command.reason for command in told if isinstance(command, UpsertContact)]


def test_rule_tells_of_who_registers_again_where_deleted_people_return() -> None:
    """A registration that changes nothing of a contact is all that brings it back: the sink knows who was deleted."""
    facts = registration(), result(), registration("r2")
    assert _reasons(*facts) == ["registration", "result"]
    assert _reasons(*facts, deleted="return") == ["registration", "result", "registration"]
    assert _reasons(*facts[:2], registration("r2", origin="backfill"), deleted="return") == ["registration", "result"]


def test_rule_cancellation_is_no_registration() -> None:
    """Nobody comes back by it."""
    cancelled = registration(revision=2, days=-1, registration_status="cancelled")
    assert _reasons(registration(), cancelled, deleted="return") == ["registration", "cancellation"]


def test_rule_asks_nobody_because_of_a_back_fill() -> None:
    """Half a year of people must not be mailed; who registers afterwards is asked."""
    old = registration(origin="backfill")
    assert _confirmations(old) == []
    assert _confirmations(old, registration("r2")) == [17]


def test_replay_asks_nobody_whether_they_want_to_be_on_a_list_unless_old_effects_are_wanted() -> None:
    """Who is not asked may still be, when something new is heard of them."""
    rule = ScoreEngagement(configuration(brevo=DOI))

    def asked(lineage: Lineage) -> int:
        outputs = run(rule, copies(registration(), lineage=lineage), {ENGAGEMENT_TABLE: MemoryStore()})
        return sum(isinstance(command, ConfirmList) for command in commands(outputs))

    assert (asked(Lineage("r")), asked(Lineage("r", re_emit=True))) == (0, 1)


def _came_back(known: bool, lineage: Lineage) -> list[str]:
    """Reasons of the commands for who registers a second time, told by a copy, where `known` the original told it."""
    rule, stores = ScoreEngagement(configuration(brevo={"deleted": "return"})), {ENGAGEMENT_TABLE: MemoryStore()}
    again = registration("r2")
    run(rule, records(registration(), result(), *([again] if known else [])), stores)
    told = commands(run(rule, copies(again, lineage=lineage), stores))
    return [command.reason for command in told if isinstance(command, UpsertContact)]


def test_registration_that_was_never_handled_brings_back_by_its_replay_and_a_known_one_does_not() -> None:
    """The sink knows who was deleted before it; a replay of what everybody knows is no wish of anybody."""
    assert _came_back(known=False, lineage=Lineage("r")) == ["registration"]
    assert _came_back(known=False, lineage=Lineage("r", re_emit=True)) == ["registration"]
    assert _came_back(known=True, lineage=Lineage("r")) == []
