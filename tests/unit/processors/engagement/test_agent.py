from __future__ import annotations

from typing import Any

import pytest

from processors.engagement.agent import ENGAGEMENT_TABLE, SPEC, ScoreEngagement
from processors.engine.memory_store import MemoryStore
from schemas.attendance import AttendanceFact, Moment, Notice
from schemas.brevo import TrackEvent
from schemas.errors import DeadLetterError
from schemas.instants import HOUR_MS
from schemas.replays import Lineage, ReplayNews, lineage_of
from schemas.topics import (
    ATTENDANCE_RESULTS,
    BREVO_COMMANDS,
    BREVO_COMMANDS_BULK,
    ENGAGEMENT_RESYNCS,
    ENGAGEMENT_SCORES,
    ENGAGEMENT_TICKS,
    ERASURES,
    REPLAYS,
)
from tests.support.contact_facts import CONTACT, EMAIL, configuration, copies, no_show, records, registration, result
from tests.support.rules import record, run
from tests.support.scored_contact import Contact, Fact, commands


def shown(contact: Contact) -> dict[str, Any]:
    """Attributes of the last upsert, values alone."""
    return {name: attribute.value for name, attribute in contact.upsert.attributes.items()}


def test_agent_declares_what_it_reads_and_keeps() -> None:
    """The composition root wires the agent by these."""
    assert (SPEC.name, SPEC.tables) == ("score-engagement", ("engagement-by-contact",))
    assert SPEC.sources == (ATTENDANCE_RESULTS, ENGAGEMENT_TICKS, ENGAGEMENT_RESYNCS, ERASURES)


def test_rule_worked_example_shows_82() -> None:
    """The example of the reference, from the fact to what Brevo shall show."""
    contact = Contact()
    outputs = contact.take(registration(), result())
    score = contact.score
    assert score is not None
    assert (score.contact_score, score.tier, str(score.reference_date)) == (82, "hot", "2026-08-12")
    assert score.sessions[0].parts.model_dump() == {
        "attendance": 55.0,
        "punctuality": 15.0,
        "stayed": 0.0,
        "interaction": None,
        "maximum": 85.0,
    }
    assert shown(contact) == {
        "FIRSTNAME": "Maya",
        "MEETING_JOIN_DATE": "2026-08-12",
        "MEETING_DURATION": 55,
        "WEBINAR_NAME": "Roadmap",
        "ATTENDANCE_STATUS": "left_early",
        "UTM_SOURCE": "newsletter",
        "ENGAGEMENT_SCORE": 82,
        "ENGAGEMENT_TIER": "hot",
        "ENGAGEMENT_WHY": "55 of 60 min, on time, left before the end",
        "WEBINARS_ATTENDED": 1,
        "MEETINGS_ATTENDED": 0,
        "NO_SHOWS": 0,
    }
    assert (contact.upsert.lists, contact.upsert.lists_left) == ((16, 17), (18,))
    assert {output.key for output in outputs} == {CONTACT.encode()}


def test_rule_one_fact_sends_score_then_upsert_then_event() -> None:
    """The contact exists before an event may start an automation; revisions grow along."""
    outputs = Contact().take(result())
    assert [output.topic for output in outputs] == [ENGAGEMENT_SCORES.name, BREVO_COMMANDS.name, BREVO_COMMANDS.name]
    assert [command.kind for command in commands(outputs)] == ["upsert", "event"]
    assert [command.revision for command in commands(outputs)] == [2, 3]


def test_rule_registration_alone_sends_no_engagement() -> None:
    """Before the first result there is neither score nor count."""
    contact = Contact()
    contact.take(registration())
    assert contact.score is None
    assert shown(contact) == {
        "FIRSTNAME": "Maya",
        "WEBINAR_NAME": "Roadmap",
        "ATTENDANCE_STATUS": "registered",
        "UTM_SOURCE": "newsletter",
    }


def test_rule_registration_name_stands_before_display_name() -> None:
    """The registration's first name, else the result's."""
    contact = Contact()
    contact.take(result(identity={"rule": "email", "name": "iPhone"}))
    assert shown(contact)["FIRSTNAME"] == "iPhone"
    contact.take(registration())
    assert shown(contact)["FIRSTNAME"] == "Maya"


def test_rule_same_fact_again_sends_nothing() -> None:
    """An unchanged outcome sends nothing, also after a restart with a new rule."""
    contact = Contact()
    contact.take(registration(), result())
    contact.rule = ScoreEngagement(configuration())
    assert contact.take(registration(), result()) == []


def test_rule_correction_without_effect_sends_nothing() -> None:
    """A new revision that says the same of all that is shown is kept, and nobody hears of it."""
    contact = Contact()
    contact.take(result())
    assert contact.take(result(revision=2, evidence="report", joins=5)) == []
    assert contact.take(result(revision=1, attended_seconds=1)) == []


def test_rule_changed_mapping_sends_the_upsert_anew() -> None:
    """With another configuration the same fact has another outcome, but is no new event."""
    contact = Contact()
    contact.take(result())
    contact.rule = ScoreEngagement(configuration(field_mapping={"duration": "MINUTES"}))
    assert [command.kind for command in commands(contact.take(result()))] == ["upsert"]


def test_rule_came_after_all_leaves_no_show_list_and_tells_both_events_once() -> None:
    """A correction changes attributes and lists; each event is sent once."""
    contact = Contact()
    contact.take(no_show(), result(revision=2), no_show(revision=3), result(revision=4))
    assert [event.name for event in contact.events] == ["zoom_webinar_no_show", "zoom_webinar_attended"]
    assert (contact.upsert.lists, contact.upsert.lists_left) == ((16,), (18,))
    assert shown(contact)["NO_SHOWS"] == 0


def test_rule_all_retracted_takes_lists_counts_and_score_back() -> None:
    """Lists are left and counts are 0; an attribute for which nothing stands is left out; no event follows."""
    contact = Contact()
    contact.take(registration(), result())
    outputs = contact.take(result(revision=2, retracted=True), registration(revision=2, retracted=True))
    assert [command.kind for command in commands(outputs)] == ["upsert", "upsert"]
    assert contact.score is None
    assert contact.upsert.reason == "retraction"
    assert (contact.upsert.lists, contact.upsert.lists_left) == ((), (16, 17, 18))
    assert shown(contact) == {
        "ENGAGEMENT_SCORE": 0,
        "ENGAGEMENT_TIER": "cold",
        "WEBINARS_ATTENDED": 0,
        "MEETINGS_ATTENDED": 0,
        "NO_SHOWS": 0,
    }


def test_rule_one_of_two_retracted_shows_what_still_stands() -> None:
    """Everything is computed anew over what stands."""
    contact, alone = Contact(), Contact()
    contact.take(result("a"), no_show("b", days=1), no_show("b", days=1, revision=2, retracted=True))
    alone.take(result("a"))
    assert shown(contact) == shown(alone)
    assert contact.score is not None
    assert [session.session_uuid for session in contact.score.sessions] == ["a"]


def test_rule_approval_after_known_cancellation_tells_nothing() -> None:
    """With a cancellation known, a late approval is no reason to mail anybody."""
    contact = Contact()
    contact.take(registration(revision=2, registration_status="cancelled", days=-1), registration())
    assert contact.events == []
    assert contact.upsert.lists_left == (17,)


def test_rule_older_than_horizon_drops_from_score_but_not_from_counts() -> None:
    """An occurrence of more than 730 days before the latest no longer makes the score."""
    contact = Contact()
    contact.take(result("a"), no_show("b", days=731))
    assert contact.score is not None
    assert [session.session_uuid for session in contact.score.sessions] == ["b"]
    assert (shown(contact)["ENGAGEMENT_SCORE"], shown(contact)["WEBINARS_ATTENDED"]) == (0, 1)


def test_rule_backfill_goes_with_bulk_priority_and_with_events_that_say_so() -> None:
    """What is long past waits for live work, and the sink sees by the origin that it starts no automation."""
    contact = Contact()
    outputs = contact.take(registration(origin="backfill"), result(origin="backfill"))
    assert {output.topic for output in outputs} == {ENGAGEMENT_SCORES.name, BREVO_COMMANDS_BULK.name}
    assert [(event.name, event.origin) for event in contact.events] == [
        ("zoom_webinar_registered", "backfill"),
        ("zoom_webinar_attended", "backfill"),
    ]


def test_rule_event_of_a_backfill_is_not_called_for_again_by_a_live_correction() -> None:
    """It was suppressed for good: whoever is corrected later gets no mail about a session of long ago."""
    contact = Contact()
    contact.take(result(origin="backfill"))
    assert [command.kind for command in commands(contact.take(result(revision=2, attended_seconds=60)))] == ["upsert"]


@pytest.mark.parametrize(
    ("zoom", "sections", "fact"),
    [
        ({"sync": {"webinars": False}}, {}, result()),
        ({"sync": {"webinars": False}}, {}, registration()),
        ({"sync": {"participants": False}}, {}, result(object_type="meeting")),
        ({}, {}, registration(object_type="meeting")),
        ({}, {"filters": {"exclude_domains": ["Example.com"]}}, result()),
    ],
)
def test_rule_fact_that_is_not_synced_leaves_no_trace(
    zoom: dict[str, Any], sections: dict[str, Any], fact: Fact
) -> None:
    """Neither rows nor outputs."""
    contact = Contact(ScoreEngagement(configuration(zoom, **sections)))
    assert contact.take(fact) == []
    assert contact.store.rows == {}


def test_rule_other_kind_is_synced_when_one_is_switched_off() -> None:
    """The switches are independent."""
    assert Contact(ScoreEngagement(configuration({"sync": {"participants": False}}))).take(result())


@pytest.mark.parametrize("value", [None, b"", b"{", b'{"kind":"wedding"}', b'{"kind":"result","email":"a@b.example"}'])
def test_rule_unknown_record_is_a_dead_letter_without_personal_data(value: bytes | None) -> None:
    """The reason names the topic and never quotes the record."""
    with pytest.raises(DeadLetterError, match=r"attendance\.results\.v1") as caught:
        run(
            ScoreEngagement(configuration()),
            [record(ATTENDANCE_RESULTS.name, value)],
            {ENGAGEMENT_TABLE: MemoryStore()},
        )
    assert "a@b.example" not in str(caught.value)


def test_rule_contacts_do_not_touch_each_other() -> None:
    """Rows and outputs of one contact are its own."""
    contact = Contact()
    contact.take(result())
    before = dict(contact.store.rows)
    other: dict[str, Any] = {"contact_id": "0" * 32, "email": "else@example.org"}
    outputs = contact.take(no_show(**other))
    assert {output.key for output in outputs} == {b"0" * 32}
    assert {key: value for key, value in contact.store.rows.items() if key in before} == before


def _notice(moment: Moment) -> Notice:
    told = result()
    return Notice(
        **told.model_dump(include=set(AttendanceFact.model_fields)),
        session_uuid=told.session_uuid,
        instances=told.instances,
        moment=moment,
    )


@pytest.mark.parametrize("moment", ["started", "ended"])
def test_rule_notice_becomes_an_event_of_who_is_written_to_brevo(moment: Moment) -> None:
    """If it is switched on; somebody who only registered for a meeting is no contact."""
    switched_on = {"events": {moment: True}}
    contact = Contact(ScoreEngagement(configuration(brevo=switched_on)))
    assert contact.take(_notice(moment)) == []
    contact.take(registration())
    (event,) = commands(contact.take(_notice(moment)))
    assert isinstance(event, TrackEvent)
    assert (event.name, event.once_keys) == (f"zoom_webinar_{moment}", (f"zoom_webinar_{moment}|abc123|s1==",))
    assert event.properties == {"session_uuid": "s1==", "object_id": "95204914252", "topic": "Roadmap"}
    other = Contact(ScoreEngagement(configuration()))
    other.take(registration())
    assert other.take(_notice(moment)) == []


def test_rule_upsert_has_the_address_and_the_contact() -> None:
    """The sink writes by address; logs name the contact."""
    contact = Contact()
    contact.take(result())
    assert (contact.upsert.email, contact.upsert.contact_id) == (EMAIL, CONTACT)


def test_replayed_result_says_nothing_where_it_is_known_and_is_news_behind_live_work_where_not() -> None:
    """The topic of results may be replayed, too: for a score that was lost, say."""
    contact, other = Contact(), Contact()
    contact.take(registration(), result())
    lineage = Lineage("r")
    assert run(contact.rule, copies(registration(), result(), lineage=lineage), {ENGAGEMENT_TABLE: contact.store}) == []
    outputs = run(other.rule, copies(registration(), result(), lineage=lineage), {ENGAGEMENT_TABLE: other.store})
    news = [ReplayNews.from_bytes(output.value or b"") for output in outputs if output.topic == REPLAYS.name]
    assert [report.replay_id for report in news] == ["r", "r"]
    assert {output.topic for output in outputs} == {REPLAYS.name, ENGAGEMENT_SCORES.name, BREVO_COMMANDS_BULK.name}
    assert {lineage_of(output.headers) for output in outputs if output.topic != REPLAYS.name} == {lineage}


@pytest.mark.parametrize(
    ("fact", "just_now"),
    [
        (registration(), True),
        (registration(registration_status="cancelled", revision=2, days=-1), True),
        (registration(observed="list"), False),
        (registration(origin="backfill"), False),
        (result(is_final=False), True),
        (result(evidence="both"), False),
        (no_show(evidence="both"), False),
        (result(origin="backfill_with_events", is_final=False), False),
    ],
)
def test_rule_command_says_whether_a_webhook_has_just_told_of_it(fact: Fact, just_now: bool) -> None:
    """What a list, a report or a back-fill tells late is not measured as a delay."""
    outputs = Contact().take(fact)
    assert {command.as_it_happened for command in commands(outputs)} == {just_now}


def test_rule_registration_that_is_told_again_has_not_just_happened() -> None:
    """The webinar got another topic, weeks after people registered for it."""
    contact = Contact()
    contact.take(registration(), result(is_final=False))
    (again,) = commands(contact.take(registration(revision=2, first_name="Mayá")))
    assert not again.as_it_happened


def test_rule_replayed_fact_has_not_just_happened() -> None:
    """Its event was live once."""
    contact = Contact()
    outputs = run(contact.rule, copies(registration(), lineage=Lineage("r")), {ENGAGEMENT_TABLE: contact.store})
    assert {command.as_it_happened for command in commands(outputs)} == {False}


@pytest.mark.parametrize(("hours", "just_now"), [(23, True), (25, False)])
def test_rule_fact_that_is_told_days_later_has_not_just_happened(hours: int, just_now: bool) -> None:
    """A delivery that was recovered, or simulated: nobody waited for it."""
    fact, contact = registration(), Contact()
    told_ms = int(fact.occurred_at.timestamp() * 1_000) + hours * HOUR_MS
    (told,) = [found._replace(timestamp_ms=told_ms) for found in records(fact)]
    outputs = run(contact.rule, [told], {ENGAGEMENT_TABLE: contact.store})
    assert {command.as_it_happened for command in commands(outputs)} == {just_now}
