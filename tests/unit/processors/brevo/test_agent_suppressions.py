"""Whom Brevo told to leave alone is left alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from schemas.attendance import Origin
from schemas.brevo_feedback import BrevoFeedback, FeedbackKind, FeedbackSource
from schemas.codec import contact_id
from schemas.replays import Lineage
from schemas.topics import BREVO_EVENTS
from tests.support.brevo_commands import MAYA, OCCURRED_AT, event, upsert
from tests.support.scripted_brevo import Call, ScriptedBrevo
from tests.support.sink import QUICK, Sink


def _tell(sink: Sink, kind: FeedbackKind, import_id: str | None = None, at: datetime = OCCURRED_AT) -> None:
    source: FeedbackSource = "marketing" if import_id is None else "import"
    feedback = BrevoFeedback(kind=kind, contact_id=contact_id(MAYA), source=source, import_id=import_id, occurred_at=at)
    sink.engine.send(BREVO_EVENTS.name, feedback.contact_id, feedback.to_bytes())


async def test_deleted_contact_is_not_created_again(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """It would be subscribed again, whatever it had said."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(1))
    await sink.settled()
    brevo.contacts.clear()
    _tell(sink, "deleted")
    sink.send(upsert(2, attributes={}), event())
    await sink.engine.until(lambda: sink.outcomes().count("suppressed") == 2)
    assert brevo.contacts == {}
    assert set(sink.states().values()) == {"suppressed"}
    assert len(brevo.calls) == 1


async def test_work_that_waits_for_a_deleted_contact_is_forgotten(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Told before the worker got to it."""
    sink, brevo = bench
    sink.send(upsert(), event())
    _tell(sink, "deleted")
    sink.start()
    sink.send(upsert(email="noor.haddad@example.com"))
    await sink.settled()
    assert MAYA not in brevo.contacts
    assert brevo.event_calls == []


@pytest.mark.parametrize("kind", ["unsubscribed", "hard_bounce", "spam", "blocklisted"])
async def test_unsubscribed_contact_is_kept_true_and_not_mailed(
    bench: tuple[Sink, ScriptedBrevo], kind: FeedbackKind
) -> None:
    """Attributes and ordinary events go on; the event that is there to be mailed does not."""
    sink, brevo = bench
    sink.start()
    _tell(sink, kind)
    sink.send(upsert(), event(), event(("r1",), name="zoom_recording_ready"))
    await sink.settled()
    assert [body["event_name"] for body in brevo.events] == ["zoom_webinar_attended"]
    assert brevo.contacts[MAYA].attributes == {"MEETING_DURATION": 47}


async def test_events_of_a_backfill_reach_brevo_only_when_they_were_asked_for(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """The contact is written either way; `--events` makes another origin."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(origin="backfill"), event(("s1",), origin="backfill"), bulk=True)
    sink.send(event(("s2",), origin="backfill_with_events"), bulk=True)
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"MEETING_DURATION": 47}
    assert [body["event_name"] for body in brevo.events] == ["zoom_webinar_attended"]
    assert sorted(state for state in sink.states().values()) == ["acknowledged", "suppressed"]
    assert sink.outcomes().count("suppressed") == 1


async def test_told_end_of_an_import_is_asked_for_at_once(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Instead of after the next of the usual waits."""
    sink, brevo = bench
    hooks = "https://hooks.example.com/webhooks/brevo/imports"
    patient = replace(QUICK, import_polls=(3_600,))
    sink.start(patient, bulk_threshold=5, notify_url=hooks, webhook={"token": "t"})

    async def tell(call: Call) -> None:
        if call.path == "/v3/contacts/import":
            query = call.body["notifyUrl"].partition("?import=")[2]
            asyncio.get_running_loop().call_later(0.1, _tell, sink, "import_ended", query.partition("&")[0])

    brevo.script = tell
    sink.send(*(upsert(email=f"p{number}@example.com") for number in range(6)))
    await sink.settled()
    assert len(brevo.contacts) == 6


LATER = OCCURRED_AT + timedelta(hours=1)
LATEST = OCCURRED_AT + timedelta(hours=2)


@pytest.mark.parametrize("kind", ["unsubscribed", "hard_bounce", "spam", "blocklisted"])
@pytest.mark.parametrize("in_order", [True, False])
async def test_later_of_two_words_of_brevo_stands(
    bench: tuple[Sink, ScriptedBrevo], kind: FeedbackKind, in_order: bool
) -> None:
    """Who subscribes again is told of recordings from then on, in whichever order the two are heard."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert())
    await sink.settled()
    told: list[tuple[FeedbackKind, datetime]] = [(kind, OCCURRED_AT), ("subscribed", LATER)]
    for said, at in told if in_order else reversed(told):
        _tell(sink, said, at=at)
    sink.send(event(name="zoom_recording_ready"))
    await sink.settled()
    _tell(sink, kind, at=LATEST)
    sink.send(event(("s2",), name="zoom_recording_ready"))
    await sink.settled()
    assert [call.body["event_name"] for call in brevo.event_calls] == ["zoom_recording_ready"]
    assert sink.outcomes()[-1] == "suppressed"


async def test_event_that_mails_is_not_sent_to_who_has_unsubscribed(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The operator says which ones do; the others go on, and Brevo is asked before each that does."""
    sink, brevo = bench
    sink.start(events={"attended": {"mails": True}})
    sink.send(upsert())
    await sink.settled()
    _tell(sink, "unsubscribed")
    sink.send(event(), event(name="zoom_webinar_registered"))
    await sink.engine.until(lambda: sink.outcomes().count("suppressed") == 1)
    await sink.settled()
    assert [call.body["event_name"] for call in brevo.event_calls] == ["zoom_webinar_registered"]
    _tell(sink, "subscribed", at=LATER)
    brevo.contacts[MAYA].more["emailBlacklisted"] = True
    sink.send(event(("s2",)))
    await sink.settled()
    assert len(brevo.event_calls) == 1
    assert sink.outcomes()[-1] == "suppressed"


@pytest.mark.parametrize(
    ("deleted", "reason", "at", "written"),
    [
        ("stay_away", "registration", LATEST, False),
        ("return", "registration", LATEST, True),
        ("return", "registration", OCCURRED_AT, False),
        ("return", "result", LATEST, False),
        ("ask", "registration", LATEST, False),
    ],
)
async def test_deleted_contact_that_registers_again_is_treated_as_the_file_says(
    bench: tuple[Sink, ScriptedBrevo], deleted: str, reason: str, at: datetime, written: bool
) -> None:
    """A registration after the deletion is a new beginning if the operator wants it so; nothing else is."""
    sink, brevo = bench
    sink.start(deleted=deleted)
    sink.send(upsert())
    await sink.settled()
    brevo.contacts.clear()
    _tell(sink, "deleted", at=LATER)
    sink.send(upsert(2, reason=reason, occurred_at=at), event())
    await sink.settled()
    assert (MAYA in brevo.contacts) is written
    assert len(brevo.events) == written


async def test_contact_that_brevo_has_again_is_written_again(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Somebody else than us has put them on a list."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert())
    await sink.settled()
    brevo.contacts.clear()
    _tell(sink, "deleted")
    _tell(sink, "returned", at=LATER)
    sink.send(upsert(2), event())
    await sink.settled()
    assert MAYA in brevo.contacts
    assert len(brevo.events) == 1


@pytest.mark.parametrize(
    ("lineage", "origin", "age", "sent"),
    [
        (Lineage("r"), "live", timedelta(hours=23), True),
        (Lineage("r"), "live", timedelta(hours=25), False),
        (None, "replay", timedelta(hours=25), False),
        (None, "replay", timedelta(hours=23), True),
        (Lineage("r", re_emit=True), "live", timedelta(days=20), True),
        (None, "live", timedelta(days=20), True),
    ],
)
async def test_event_that_a_replay_brings_is_sent_while_it_is_young_or_was_asked_for(
    bench: tuple[Sink, ScriptedBrevo], lineage: Lineage | None, origin: Origin, age: timedelta, sent: bool
) -> None:
    """A replay is known by what its records carry, and later by the origin of what it brought first."""
    sink, brevo = bench
    sink.engine.timestamp_ms = round((OCCURRED_AT + age).timestamp() * 1_000)
    sink.start()
    headers = () if lineage is None else lineage.headers
    sink.send(upsert(), event(origin=origin), bulk=True, headers=headers)
    sink.send(event(origin=origin), bulk=True, headers=headers)
    await sink.settled()
    assert len(brevo.events) == int(sent)
    assert [result.detail for result in sink.results() if result.outcome == "suppressed"] == (
        []
        if sent
        else ["of a replay, and older than brevo.max_effect_age; `rollcall replay apply --re-emit` sends such"]
    )
