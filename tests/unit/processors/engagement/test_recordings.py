"""The rule of `score-engagement` on recordings: who is told, whichever fact comes last."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engine.memory_store import MemoryStore
from schemas.attendance import Recording, Registration, Result
from schemas.brevo import BREVO_COMMAND, SendRecording, TrackEvent
from schemas.topics import BREVO_COMMANDS, BREVO_COMMANDS_BULK
from tests.support.contact_facts import configuration, no_show, recording, records, registration, result
from tests.support.rules import run

QUESTION = "May we send you the recording?"
ASKING = {"question": QUESTION, "answers": ["Yes", "oui"]}


def told(*facts: Registration | Result | Recording, **chosen: Any) -> list[TrackEvent | SendRecording]:
    """What the facts, one turn each, make the rule tell of recordings."""
    rule = ScoreEngagement(configuration(brevo={"recordings": chosen}))
    store, outputs = MemoryStore(), []
    for number, fact in enumerate(facts):
        outputs += run(rule, records(fact), {ENGAGEMENT_TABLE: store}, turn=number + 1)
    topics = (BREVO_COMMANDS.name, BREVO_COMMANDS_BULK.name)
    commands = [BREVO_COMMAND.validate_json(output.value or b"") for output in outputs if output.topic in topics]
    return [
        command
        for command in commands
        if isinstance(command, TrackEvent | SendRecording) and command.reason == "recording"
    ]


def test_event_has_what_the_reference_says() -> None:
    """No more: no passcode, no download link."""
    (event,) = told(result(), recording())
    assert isinstance(event, TrackEvent)
    assert (event.name, event.once_keys) == ("zoom_recording_ready", ("zoom_recording_ready|abc123|s1==",))
    assert event.event_date == recording().occurred_at
    assert event.properties == {
        "session_uuid": "s1==",
        "object_id": "95204914252",
        "topic": "Roadmap",
        "share_url": "https://zoom.example.com/rec/share/INVENTED",
        "minutes": 60,
        "parts": 1,
    }


@pytest.mark.parametrize("facts", list(permutations([registration(), result(), recording()])))
def test_whatever_comes_last_the_contact_is_told_once(facts: tuple[Registration | Result | Recording, ...]) -> None:
    """And repeats of all of it change nothing."""
    assert len(told(*facts, *facts)) == 1


def test_repeats_and_other_links_are_not_told_again() -> None:
    """Zoom tells of a recording several times."""
    again = recording(share_url="https://zoom.example.com/rec/share/OTHER")
    assert len(told(result(), recording(), again, result(revision=2, attended_seconds=3000), recording())) == 1


def test_recording_without_a_result_is_told_to_nobody() -> None:
    """Nor of another session, nor once the result was taken back."""
    assert told(recording()) == []
    assert told(result("s2=="), recording()) == []
    assert told(result(), result(revision=2, retracted=True), recording()) == []


def test_no_show_who_came_after_all_is_told_once_by_the_rule_for_attendees() -> None:
    """And not before."""
    came = result(revision=2)
    assert told(no_show(), recording(), to=["attended", "left_early"]) == []
    assert len(told(no_show(), recording(), came, result(revision=3), to=["attended", "left_early"])) == 1
    assert len(told(no_show(), recording(), came, to=["attended", "left_early", "no_show"])) == 1


@pytest.mark.parametrize(("answer", "count"), [("yes ", 1), ("Oui", 1), ("no", 0), ("", 0)])
def test_consent_is_the_answer_to_the_question(answer: str, count: int) -> None:
    """Compared without case and outer blanks."""
    asked = registration(custom_questions={QUESTION: answer})
    assert len(told(asked, result(), recording(), **ASKING)) == count


def test_consent_that_comes_after_the_recording_counts_for_its_webinar_alone() -> None:
    """A yes for another webinar does not bring out old recordings."""
    yes: dict[str, Any] = {"custom_questions": {QUESTION: "yes"}}
    assert told(registration(), result(), recording(), **ASKING) == []
    assert len(told(registration(), result(), recording(), registration(revision=2, **yes), **ASKING)) == 1
    other = registration("r2", object_id="7", **yes)
    assert told(registration(), result(), recording(), other, **ASKING) == []


def test_latest_answer_counts_also_when_it_takes_the_consent_back() -> None:
    """Of several registrations."""
    yes = registration("r1", days=-9, custom_questions={QUESTION: "yes"})
    no = registration("r2", days=-2, custom_questions={QUESTION: "no"})
    assert told(yes, no, result(), recording(), **ASKING) == []
    assert len(told(yes, result(), recording(), no, **ASKING)) == 1


def test_mail_has_the_template_and_tells_it_how_the_contact_took_part() -> None:
    """Under the once keys of the event."""
    (mail,) = told(no_show(), recording(instances=("s1==", "s2==")), by="template", template=41)
    assert isinstance(mail, SendRecording)
    assert (mail.template_id, mail.properties["status"]) == (41, "no_show")
    assert mail.once_keys == ("zoom_recording_ready|abc123|s1==", "zoom_recording_ready|abc123|s2==")


def test_recording_of_a_back_fill_is_told_as_such() -> None:
    """For the sink, which suppresses it."""
    (event,) = told(result(origin="backfill"), recording(origin="backfill"))
    assert event.origin == "backfill"


def test_recordings_of_several_sessions_are_each_told() -> None:
    """By session, not by webinar."""
    facts = (result("s1=="), result("s2==", days=7), recording("s1=="), recording("s2==", days=7))
    assert sorted(command.session or "" for command in told(*facts)) == ["s1==", "s2=="]
