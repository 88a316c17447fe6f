"""The rule of `score-engagement` on recordings of whole sessions: one campaign, and nothing beside it."""

from __future__ import annotations

from typing import Any

import pytest

from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engine.memory_store import MemoryStore
from schemas.attendance import AnyFact
from schemas.brevo import BREVO_COMMAND, OnceCommand, SendCampaign, UpsertContact
from schemas.topics import BREVO_COMMANDS, BREVO_COMMANDS_BULK
from tests.support.contact_facts import configuration, recording, records, result, session_recording
from tests.support.rules import run

CAMPAIGN = {
    "by": "campaign",
    "campaign": {"lists": [16, 18], "subject": "The recording", "template": 41, "sender": {"id": 3}},
}
EVENT: dict[str, Any] = {"by": "event"}


class Rule:
    """The rule over one table, with a configuration that may change in between."""

    def __init__(self) -> None:
        self._store = MemoryStore()
        self._turn = 0

    def told(self, chosen: dict[str, Any], *facts: AnyFact) -> list[tuple[str, OnceCommand]]:
        """What tells anybody of a recording, as (topic, command)."""
        rule = ScoreEngagement(configuration(brevo={"recordings": chosen}))
        told: list[tuple[str, OnceCommand]] = []
        for fact in facts:
            self._turn += 1
            for output in run(rule, records(fact), {ENGAGEMENT_TABLE: self._store}, turn=self._turn):
                if output.topic in (BREVO_COMMANDS.name, BREVO_COMMANDS_BULK.name):
                    command = BREVO_COMMAND.validate_json(output.value or b"")
                    if not isinstance(command, UpsertContact) and command.reason == "recording":
                        assert output.key == command.contact_id.encode()
                        told.append((output.topic, command))
        return told


def test_session_gets_one_campaign_with_bulk_priority() -> None:
    """Its people get nothing beside it, and no repeat or other link makes a second one."""
    other = session_recording(share_url="https://zoom.example.com/rec/share/OTHER")
    told = Rule().told(CAMPAIGN, result(), recording(), session_recording(), session_recording(), other, result())
    ((topic, command),) = told
    assert topic == BREVO_COMMANDS_BULK.name
    assert isinstance(command, SendCampaign)
    assert (command.contact_id, command.email) == ("session-95204914252", "")
    assert command.once_keys == ("session_recording|abc123|s1==",)
    assert command.properties == {
        "session_uuid": "s1==",
        "object_id": "95204914252",
        "topic": "Roadmap",
        "share_url": "https://zoom.example.com/rec/share/INVENTED",
        "minutes": 60,
        "parts": 1,
    }


def test_campaign_waits_for_the_final_result() -> None:
    """Before it nobody is on the list of those who stayed away."""
    rule = Rule()
    assert rule.told(CAMPAIGN, session_recording(is_final=False)) == []
    assert len(rule.told(CAMPAIGN, session_recording())) == 1


@pytest.mark.parametrize("is_final", [False, True])
def test_session_whose_people_were_told_by_event_gets_no_campaign(is_final: bool) -> None:
    """What is switched on later tells nobody of recordings of before."""
    rule = Rule()
    assert len(rule.told(EVENT, result(), recording(), session_recording(is_final=is_final))) == 1
    assert rule.told(CAMPAIGN, recording(), session_recording()) == []


def test_people_of_a_session_with_a_campaign_get_no_event_later() -> None:
    """Not even when their result is corrected after the way was changed."""
    rule = Rule()
    assert len(rule.told(CAMPAIGN, result(), recording(), session_recording())) == 1
    assert rule.told(EVENT, result(revision=2, attended_seconds=3000), recording(), session_recording()) == []


def test_session_of_another_kind_gets_no_campaign() -> None:
    """`sessions` holds for campaigns too."""
    assert Rule().told({**CAMPAIGN, "sessions": ["meeting"]}, session_recording()) == []


def test_campaign_of_a_backfill_says_so() -> None:
    """The sink leaves it out, for ever."""
    ((_, command),) = Rule().told(CAMPAIGN, session_recording(origin="backfill"))
    assert command.origin == "backfill"
