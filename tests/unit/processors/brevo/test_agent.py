"""The sink against a Brevo on a real port: upserts."""

from __future__ import annotations

import pytest
from aiohttp import web

from processors.brevo.agent import SPEC
from schemas.brevo import AttributeValue, TrackEvent, UpsertContact
from schemas.topics import TOPICS
from tests.support.brevo_commands import MAYA, event, upsert
from tests.support.scripted_brevo import Call, Contact, ScriptedBrevo, error, first_calls
from tests.support.sink import API_KEY, Sink

FIRSTNAME = AttributeValue(type="text", value="iPhone", overwrite="if_empty")
MINUTES = AttributeValue(type="float", value=47)


def test_sync_contact_reads_the_topics_that_name_it_as_consumer() -> None:
    """The registry and the agent say the same."""
    assert {topic.name for topic in SPEC.sources} == {topic.name for topic in TOPICS if SPEC.name in topic.consumers}
    assert SPEC.tables == ("brevo-ledger", "brevo-pending", "brevo-suppressions")


async def test_new_contact_is_created_and_its_event_follows(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Upsert first, then the event, each with the right body and the key in the header."""
    sink, brevo = bench
    sink.start()
    sink.send(event(), upsert())
    await sink.settled()
    assert [(call.method, call.path) for call in brevo.calls] == [("POST", "/v3/contacts"), ("POST", "/v3/events")]
    assert brevo.calls[0].body == {
        "email": MAYA,
        "updateEnabled": True,
        "attributes": {"MEETING_DURATION": 47},
        "listIds": [16],
    }
    assert brevo.calls[1].body == {
        "event_name": "zoom_webinar_attended",
        "event_date": "2026-11-20T17:00:00Z",
        "identifiers": {"email_id": MAYA},
        "event_properties": {"session_uuid": "gk3lQ1mXSxyWuC2o8g9w==", "minutes": 47},
    }
    assert brevo.calls[0].headers["api-key"] == API_KEY
    assert sink.outcomes() == ["acknowledged", "intended", "acknowledged"]
    assert sink.contact().pending is None
    assert sink.metric("rollcall_brevo_freshness_seconds_sum", kind="upsert") == 3


async def test_freshness_is_of_what_webhooks_told_as_it_happened(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A list that was read weeks after its registrations, or a sweep, is no delay of ours."""
    sink, _brevo = bench
    sink.start()
    sink.send(upsert(as_it_happened=False))
    await sink.settled()
    assert sink.outcomes() == ["acknowledged"]
    sink.send(upsert(2, attributes={}))
    await sink.settled()
    assert sink.metric("rollcall_brevo_freshness_seconds_count", kind="upsert") == 1


async def test_unchanged_contact_needs_no_call(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The ledger skips what Brevo has."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(1))
    await sink.settled()
    sink.send(upsert(2))
    await sink.settled()
    assert len(brevo.calls) == 1
    assert sink.outcomes() == ["acknowledged", "unchanged"]
    assert sink.metric("rollcall_brevo_calls_saved_total") == 1


async def test_known_contact_gets_the_difference_and_leaves_lists_by_update(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Only `PUT` takes a contact off a list."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(1, attributes={"A": MINUTES, "B": MINUTES}))
    await sink.settled()
    changed = {"A": MINUTES, "B": AttributeValue(type="float", value=48)}
    sink.send(upsert(2, attributes=changed, lists=(18,), lists_left=(16,)))
    await sink.settled()
    call = brevo.calls[-1]
    assert (call.method, call.path) == ("PUT", "/v3/contacts/maya.okafor%40example.com?identifierType=email_id")
    assert call.body == {"attributes": {"B": 48}, "listIds": [18], "unlinkListIds": [16]}
    assert brevo.contacts[MAYA] == Contact({"A": 47, "B": 48}, {18})


async def test_contact_deleted_at_brevo_is_not_created_again(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """404 to the update, and no webhook has said why: it counts as erased, for its later commands too."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(1, attributes={"A": MINUTES}))
    await sink.settled()
    del brevo.contacts[MAYA]
    sink.send(upsert(2, attributes={"A": AttributeValue(type="float", value=48)}), event())
    await sink.settled()
    sink.send(upsert(3, attributes={"A": AttributeValue(type="float", value=49)}))
    await sink.engine.until(lambda: sink.outcomes().count("suppressed") == 3)
    assert [call.method for call in brevo.calls] == ["POST", "PUT"]
    assert brevo.contacts == {}
    assert brevo.events == []
    assert {"http_status": 404, "attempts": 1}.items() <= sink.results()[1].model_dump().items()


async def test_deleted_contact_is_found_out_after_a_crash_too(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The next worker knows less, but still that the contact was there."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(1))
    await sink.settled()
    await sink.engine.crash()
    del brevo.contacts[MAYA]
    sink.send(upsert(2, lists=(17,)))
    sink.start()
    await sink.settled()
    assert sink.outcomes()[-1] == "suppressed"
    assert brevo.contacts == {}


async def test_older_revision_after_a_newer_never_overwrites_it(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Whichever priority it has."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(5, attributes={"A": AttributeValue(type="float", value=5)}))
    await sink.settled()
    sink.send(upsert(4, attributes={"A": AttributeValue(type="float", value=4)}), bulk=True)
    sink.send(upsert(3, attributes={"A": AttributeValue(type="float", value=3)}))
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"A": 5}
    assert len(brevo.calls) == 1


async def test_revisions_that_wait_are_written_once_as_the_newest(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Coalescing: a hundred corrections are one call."""
    sink, brevo = bench
    sink.send(*(upsert(n, attributes={"A": AttributeValue(type="float", value=n)}) for n in range(1, 101)))
    sink.start()
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"A": 100}
    assert len(brevo.calls) <= 2


async def test_newer_revision_during_a_call_is_written_after_it(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Also when it equals what was acknowledged before the call: Brevo holds something else meanwhile."""
    sink, brevo = bench
    sink.start()
    old, new = AttributeValue(type="float", value=1), AttributeValue(type="float", value=2)
    sink.send(upsert(1, attributes={"A": old}))
    await sink.settled()

    async def send_the_old_value_again(call: Call) -> web.StreamResponse | None:
        if call.method == "PUT" and call.body == {"attributes": {"A": 2}}:
            sink.send(upsert(3, attributes={"A": old}))
        return None

    brevo.script = send_the_old_value_again
    sink.send(upsert(2, attributes={"A": new}))
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"A": 1}


async def test_next_revision_waits_for_the_confirmed_outcome_of_the_last(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Compared with rows that do not know the last call yet, it would look unchanged."""
    sink, brevo = bench
    sink.start()
    old, new = AttributeValue(type="float", value=1), AttributeValue(type="float", value=2)
    sink.send(upsert(1, attributes={"A": old}))
    await sink.settled()
    sink.engine.turns_held = True
    sink.send(upsert(2, attributes={"A": new}))
    await sink.engine.until(lambda: len(sink.results()) == 2)
    sink.send(upsert(3, attributes={"A": old}), upsert(email="other@example.com"))
    await sink.engine.until(lambda: len(sink.results()) == 3)
    sink.engine.turn()
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"A": 1}
    assert [result.revision for result in sink.results()] == [1, 2, 1, 3]


async def test_revision_that_was_perhaps_written_is_not_forgotten_by_the_next(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """Brevo did it and answered 500: the next revision equals the ledger, and must still be written."""
    sink, brevo = bench
    old, new = AttributeValue(type="float", value=1), AttributeValue(type="float", value=2)

    async def fail_after_the_update(call: Call) -> web.StreamResponse | None:
        if call.body != {"attributes": {"A": 2}}:
            return None
        brevo.answer(call, MAYA)
        sink.send(upsert(3, attributes={"A": old}))
        return web.Response(status=500)

    brevo.script = fail_after_the_update
    sink.start()
    sink.send(upsert(1, attributes={"A": old}))
    await sink.settled()
    sink.send(upsert(2, attributes={"A": new}))
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"A": 1}


async def test_revision_overtaken_while_it_waits_for_a_permit_is_never_written(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """The newest is read when the permit is there."""
    sink, brevo = bench
    sink.start(contacts_per_second=4)
    sink.send(*(upsert(email=f"p{number}@example.com") for number in range(3)))
    sink.send(upsert(1, attributes={"A": AttributeValue(type="float", value=1)}))
    await sink.engine.until(lambda: bool(brevo.calls))
    sink.send(upsert(2, attributes={"A": AttributeValue(type="float", value=2)}))
    await sink.settled()
    mine = [call.body["attributes"] for call in brevo.calls if call.body["email"] == MAYA]
    assert mine == [{"A": 2}]


async def test_if_empty_attribute_is_read_for_once_and_left_alone(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """One read for a contact that nobody knew; after that the ledger knows."""
    sink, brevo = bench
    brevo.contacts[MAYA] = Contact({"FIRSTNAME": "Maya"}, {3})
    sink.start()
    for revision in (1, 2, 3):
        minutes = AttributeValue(type="float", value=revision)
        sink.send(upsert(revision, attributes={"FIRSTNAME": FIRSTNAME, "A": minutes}))
        await sink.settled()
    assert [call.method for call in brevo.calls] == ["GET", "PUT", "PUT", "PUT"]
    assert brevo.contacts[MAYA] == Contact({"FIRSTNAME": "Maya", "A": 3}, {3, 16})


async def test_if_empty_attribute_of_a_new_contact_is_written_once(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """404 to the read: everything is empty; another display name later changes nothing."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(1, attributes={"FIRSTNAME": FIRSTNAME}))
    await sink.settled()
    sink.send(upsert(2, attributes={"FIRSTNAME": AttributeValue(type="text", value="M", overwrite="if_empty")}))
    await sink.settled()
    assert [call.method for call in brevo.calls] == ["GET", "POST"]
    assert brevo.contacts[MAYA].attributes == {"FIRSTNAME": "iPhone"}


async def test_value_of_a_wrong_type_is_left_out_and_named(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The rest of the contact arrives; the result says what did not."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(attributes={"A": MINUTES, "J": AttributeValue(type="date", value="20.11.2026")}))
    await sink.settled()
    assert brevo.contacts[MAYA].attributes == {"A": 47}
    assert sink.results()[-1].detail == "left out, not of their type: J"
    assert sink.metric("rollcall_brevo_values_left_out_total") == 1


async def test_refused_contact_and_its_events_are_dead_letters_with_reasons(
    bench: tuple[Sink, ScriptedBrevo], caplog: pytest.LogCaptureFixture
) -> None:
    """The original command goes to the dead letters; no address is in a log or a result's detail."""
    sink, brevo = bench
    brevo.script = first_calls(9, error(400, "invalid_parameter", f"Invalid email address {MAYA}"))
    sink.start()
    sent: list[UpsertContact | TrackEvent] = [upsert(), event()]
    sink.send(*sent)
    await sink.settled()
    letters = [output for output in sink.engine.published if output.topic == "brevo.commands.v1.dlq"]
    assert [letter.value for letter in letters] == [command.to_bytes() for command in sent]
    headers = dict(letters[0].headers)
    assert headers["rollcall-label"] == b"invalid_email"
    assert headers["rollcall-reason"] == b"Brevo does not accept the e-mail address (HTTP 400, invalid_parameter)"
    assert headers["rollcall-source"] == b"brevo.commands.v1/0/0"
    assert headers["rollcall-command-id"] == b"upsert-1"
    assert dict(letters[1].headers)["rollcall-label"] == b"contact_rejected"
    assert sink.outcomes() == ["rejected", "rejected"]
    assert not brevo.event_calls
    assert MAYA not in caplog.text
    assert all(MAYA not in result.detail for result in sink.results())


@pytest.mark.parametrize(
    "failure",
    [
        web.Response(status=500, text="<html>"),
        web.Response(status=524, text="<html>"),
        error(425, "account_in_process", ""),
        error(429, "", "", {"x-sib-ratelimit-remaining": "0", "x-sib-ratelimit-reset": "0.01"}),
        web.Response(status=429, text="<html>"),
    ],
    ids=lambda response: str(response.status),
)
async def test_upsert_that_fails_for_now_is_repeated(bench: tuple[Sink, ScriptedBrevo], failure: web.Response) -> None:
    """Upserts may repeat: nothing is lost, whatever the body is."""
    sink, brevo = bench
    brevo.script = first_calls(3, failure)
    sink.start()
    sink.send(upsert())
    await sink.settled()
    assert len(brevo.calls) == 4
    assert sink.outcomes() == ["acknowledged"]


async def test_upsert_whose_connection_breaks_is_repeated(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A lost answer says nothing about a contact."""
    sink, brevo = bench
    brevo.script = first_calls(2, reset=True)
    sink.start()
    sink.send(upsert())
    await sink.settled()
    assert MAYA in brevo.contacts


async def test_contact_that_we_created_is_not_taken_off_a_list_that_it_was_never_on(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """A registration that was cancelled before it was known: no call, since after a 201 it is on our lists alone."""
    sink, brevo = bench
    sink.start(list_keys={16: "webinar_attendees", 17: "webinar_registrants"})
    sink.send(upsert(1, lists=(16,)))
    await sink.settled()
    sink.send(upsert(2, lists=(16,), lists_left=(17,)))
    await sink.settled()
    assert sink.outcomes() == ["acknowledged", "unchanged"]
    assert len(brevo.calls) == 1
