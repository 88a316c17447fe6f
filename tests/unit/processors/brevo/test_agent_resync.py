"""What Brevo refused is tried once more when somebody asks for it; what was sent is never sent again."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from processors.brevo.decisions.ledger import LEDGER, EventRow, event_key
from schemas.brevo import AttributeValue
from schemas.brevo_feedback import BrevoFeedback
from schemas.codec import contact_id
from schemas.engagement import ResyncContact
from schemas.topics import BREVO_COMMANDS, BREVO_EVENTS, ENGAGEMENT_RESYNCS
from tests.support.brevo_commands import MAYA, OCCURRED_AT, event, upsert
from tests.support.scripted_brevo import Call, ScriptedBrevo, error
from tests.support.sink import Sink

VALUES = {"MOBILE": AttributeValue(type="text", value="n/a")}


async def no_events(call: Call) -> web.StreamResponse | None:
    """Brevo refuses every event for good."""
    return error(400, "invalid_parameter", "event_name is invalid") if call.is_event else None


async def refused(bench: tuple[Sink, ScriptedBrevo], *events: Any) -> tuple[Sink, ScriptedBrevo]:
    """Events of a contact that Brevo refused for a cause that is mended by now."""
    sink, brevo = bench
    brevo.script = no_events
    sink.start()
    sink.send(upsert(), *events)
    await sink.settled()
    assert set(sink.states().values()) == {"rejected"}
    brevo.script = None
    return sink, brevo


def resync(revision: int, **changes: Any) -> Any:
    """The command of a resync."""
    return upsert(revision, reason="resync", retries_refused=True, **changes)


async def test_event_that_was_refused_is_sent_once_when_its_cause_is_mended(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """By the first resync; a second one and a replay of the command send nothing."""
    sink, brevo = await refused(bench, event(("s1", "s2")), event(("s3",)))
    for revision in (2, 3):
        sink.send(resync(revision), bulk=True)
        await sink.settled()
        assert len(brevo.events) == 2
    sink.send(event(("s1", "s2")), event(("s3",)))
    await sink.settled()
    assert len(brevo.events) == 2
    assert set(sink.states().values()) == {"acknowledged"}


async def test_events_of_a_contact_that_was_refused_follow_it(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The contact goes first: its events were refused because of it."""
    sink, brevo = bench
    brevo.refuse_contacts = True
    sink.start()
    sink.send(upsert(), event())
    await sink.settled()
    assert sink.contact().rejected is not None
    assert brevo.events == []
    brevo.refuse_contacts = False
    sink.send(resync(2), bulk=True)
    await sink.settled()
    assert sink.contact().rejected is None
    assert [call.is_event for call in brevo.calls[-2:]] == [False, True]
    assert len(brevo.events) == 1


async def test_value_and_list_that_were_refused_are_tried_again(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Once by each resync, and not otherwise; what Brevo holds already is not written again."""
    sink, brevo = bench
    brevo.refused_values = {"MOBILE": "n/a"}
    sink.start()
    sink.send(upsert(attributes=VALUES))
    await sink.settled()
    assert (state := sink.contact().state) is not None
    assert state.refused == {"MOBILE": "n/a"}
    brevo.refused_values = {}
    sink.send(upsert(2, attributes=VALUES))
    await sink.settled()
    assert "MOBILE" not in brevo.contacts[MAYA].attributes
    sink.send(resync(3, attributes=VALUES), bulk=True)
    await sink.settled()
    assert brevo.contacts[MAYA].attributes["MOBILE"] == "n/a"
    calls = len(brevo.calls)
    sink.send(resync(4, attributes=VALUES), bulk=True)
    await sink.settled()
    assert len(brevo.calls) == calls


async def test_event_that_was_sent_for_another_of_its_once_keys_is_not_tried_again(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """Sent for one is sent for all: the refused row of the other stays as it is."""
    sink, brevo = await refused(bench, event(("s1", "s2")))
    sink.send(event(("s2", "s3")))
    await sink.settled()
    assert len(brevo.events) == 1
    sink.send(resync(2), bulk=True)
    await sink.settled()
    assert len(brevo.events) == 1


async def test_event_that_was_given_up_or_is_switched_off_is_not_tried_again(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """It may have been sent, or nobody wants it any more."""
    sink, brevo = bench

    async def lost(call: Call) -> web.StreamResponse | None:
        if not call.is_event:
            return None
        refused = call.body["event_name"] == "zoom_webinar_no_show"
        return error(400, "invalid_parameter", "no") if refused else error(500, "internal", "lost")

    brevo.script = lost
    sink.start(in_doubt="drop")
    sink.send(upsert(), event(), event(name="zoom_webinar_no_show"))
    await sink.settled()
    assert set(sink.states().values()) == {"rejected"}
    brevo.script = None
    await sink.engine.crash()
    sink.start(events={"no_show": False})
    sink.send(resync(2), bulk=True)
    await sink.settled()
    assert brevo.events == []


async def test_dead_letter_of_an_event_that_is_published_again_is_sent_once(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The ledger's `rejected` is not the end of it; however often the letter is sent again, the event is sent once."""
    sink, brevo = await refused(bench, event())
    (letter,) = [output for output in sink.engine.published if output.topic == BREVO_COMMANDS.dead_letter.name]
    for _ in range(3):
        sink.engine.send(BREVO_COMMANDS.name, contact_id(MAYA), letter.value or b"")
    await sink.settled()
    assert len(brevo.events) == 1
    assert set(sink.states().values()) == {"acknowledged"}


async def test_refused_event_of_who_is_deleted_at_brevo_is_forgotten(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Its command, which holds the address, is kept no longer, and no resync sends it."""
    sink, brevo = await refused(bench, event())
    feedback = BrevoFeedback(kind="deleted", contact_id=contact_id(MAYA), source="marketing", occurred_at=OCCURRED_AT)
    sink.engine.send(BREVO_EVENTS.name, feedback.contact_id, feedback.to_bytes())
    key = event_key(feedback.contact_id, "zoom_webinar_attended", "s1")

    def forgotten() -> bool:
        rows = {key: value for stores in sink.engine.memory.values() for key, value in stores[LEDGER].rows.items()}
        return EventRow.from_bytes(rows[key]).waiting is None

    await sink.engine.until(forgotten)
    sink.send(resync(2), bulk=True)
    await sink.engine.until(lambda: sink.outcomes()[-1] == "suppressed")
    assert brevo.events == []


@pytest.mark.parametrize("again", [1, 2])
async def test_worker_that_dies_between_a_resync_and_its_event_sends_it_once(
    bench: tuple[Sink, ScriptedBrevo], again: int
) -> None:
    """The event waits in the rows; a request that came twice changes nothing."""
    sink, brevo = bench
    brevo.script = no_events
    sink.start()
    sink.send(upsert(), event())
    await sink.settled()
    await sink.engine.crash()
    brevo.script = None
    sink.start(held=True)
    for revision in range(2, 2 + again):
        sink.send(resync(revision), bulk=True)
    await sink.engine.crash()
    sink.start()
    await sink.settled()
    assert len(brevo.events) == 1


def requests(sink: Sink) -> list[str]:
    """For whom the sink has asked."""
    return [
        ResyncContact.from_bytes(output.value or b"").contact_id
        for output in sink.engine.published
        if output.topic == ENGAGEMENT_RESYNCS.name
    ]


async def test_who_waits_for_a_list_that_the_file_no_longer_names_is_computed_anew(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """The id was corrected while no worker ran; nobody has to ask, and readiness speaks of the old id no more."""
    sink, brevo = bench
    brevo.missing_lists = {99}
    sink.start(list_keys={99: "connectors.zoom.lists.webinar_attendees"})
    sink.send(upsert(lists=(99,)), event(), upsert(email="zoe@example.com", lists=()))
    await sink.engine.until(lambda: len(brevo.events) == 1)
    assert requests(sink) == []
    await sink.engine.crash()
    effect = sink.start(list_keys={16: "connectors.zoom.lists.webinar_attendees"})
    await sink.engine.until(lambda: requests(sink) == [contact_id(MAYA)])
    sink.send(resync(2, lists=(16,)), bulk=True)
    await sink.settled()
    assert brevo.contacts[MAYA].lists == {16}
    assert len(brevo.events) == 1
    assert effect.reasons == ()


async def test_command_of_an_older_file_that_comes_late_is_computed_anew_once(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """The answer to the request is not asked for again, even where it names the list too."""
    sink, brevo = bench
    brevo.missing_lists = {99}
    sink.start(list_keys={16: "connectors.zoom.lists.webinar_attendees"})
    sink.send(upsert(lists=(99,)))
    await sink.engine.until(lambda: requests(sink) == [contact_id(MAYA)])
    sink.send(resync(2, lists=(99,)), bulk=True)
    await sink.engine.until(lambda: sink.contact().awaited == (99,))
    assert requests(sink) == [contact_id(MAYA)]


async def test_command_of_an_older_file_that_a_newer_one_has_overtaken_asks_for_nothing(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """Topics that are read again from their beginning would have every contact computed anew."""
    sink, brevo = bench
    sink.start(list_keys={16: "connectors.zoom.lists.webinar_attendees"})
    sink.send(upsert(2, lists=(16,)))
    sink.send(upsert(1, lists=(99,)))
    await sink.settled()
    assert requests(sink) == []
    assert brevo.contacts[MAYA].lists == {16}
