"""Import batches: one import, followed to its end, instead of a call for each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from processors.engine.memory import CrashPoint
from processors.engine.view import Output
from schemas.brevo import AttributeValue
from tests.support.brevo_commands import MAYA, event, upsert
from tests.support.import_batches import BATCH, calls_by_path, person_email, settle, upserts_of_people
from tests.support.scripted_brevo import Call, Contact, ScriptedBrevo
from tests.support.sink import QUICK, Sink

NAME = AttributeValue(type="text", value="Maya", overwrite="if_empty")
MINUTES = AttributeValue(type="float", value=47)


async def test_contacts_of_one_shape_is_one_import(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Twenty new contacts: an import, questions about its process, no other call."""
    sink, brevo = bench
    await settle(sink, *upserts_of_people())
    paths = calls_by_path(brevo)
    assert paths.pop("GET /processes/217") == 1
    assert paths == {"POST /contacts/import": 1}
    body = brevo.imports.bodies[217]
    assert body["listIds"] == [16]
    assert body["disableNotification"] is True
    assert body["updateExistingContacts"] is True
    assert not {"emailBlacklist", "smsBlacklist", "emailBlacklisted"} & set(body)
    assert len(brevo.contacts) == 20
    assert brevo.contacts[person_email(0)] == Contact({"MEETING_DURATION": 47}, {16})
    assert {result.outcome for result in sink.results()} == {"intended", "acknowledged"}
    assert sink.metric("rollcall_brevo_calls_saved_total") == 19


async def test_fewer_than_the_threshold_are_single_upserts(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """An import costs two calls and some seconds."""
    sink, brevo = bench
    await settle(sink, *upserts_of_people(BATCH - 1))
    assert calls_by_path(brevo) == {"POST /contacts": BATCH - 1}


async def test_batch_without_any_list_is_written_one_by_one(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """An import needs a list to put its contacts on."""
    sink, brevo = bench
    await settle(sink, *upserts_of_people(lists=()))
    assert calls_by_path(brevo) == {"POST /contacts": 20}


async def test_batch_without_any_list_goes_to_the_technical_list(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """If the operator has one."""
    sink, brevo = bench
    await settle(sink, *upserts_of_people(lists=()), technical_list=99)
    assert brevo.imports.bodies[217]["listIds"] == [99]
    assert not calls_by_path(brevo)["POST /contacts"]


async def test_contacts_with_booleans_are_written_one_by_one(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """An import does not get `false` through."""
    sink, brevo = bench
    await settle(sink, *upserts_of_people(attributes={"CAME": AttributeValue(type="boolean", value=False)}))
    assert calls_by_path(brevo) == {"POST /contacts": 20}


async def test_name_that_brevo_has_is_not_overwritten_by_an_import(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """One page of all contacts answers for everybody what `if_empty` depends on."""
    sink, brevo = bench
    brevo.contacts[person_email(3)] = Contact({"FIRSTNAME": "Kim"}, {18})
    await settle(sink, *upserts_of_people(attributes={"FIRSTNAME": NAME, "A": MINUTES}, lists_left=(18,)))
    assert brevo.contacts[person_email(3)] == Contact({"FIRSTNAME": "Kim", "A": 47}, {16})
    assert brevo.contacts[person_email(4)].attributes["FIRSTNAME"] == "Maya"
    paths = calls_by_path(brevo)
    assert paths["GET /contacts"] == 1
    assert paths["POST /contacts/lists/18/contacts/remove"] == 1
    state = sink.contact(person_email(3)).state
    assert state is not None
    assert state.held == ("FIRSTNAME",)


async def test_name_is_completed_alone_where_reading_all_contacts_would_cost_too_much(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """Three pages for twenty contacts: they are imported without the name, and each is asked about afterwards."""
    sink, brevo = bench
    brevo.contacts = {f"other{number}@example.com": Contact() for number in range(2_500)}
    brevo.contacts[person_email(3)] = Contact({"FIRSTNAME": "Kim"}, {18})
    await settle(sink, *upserts_of_people(attributes={"FIRSTNAME": NAME, "A": MINUTES}, lists_left=(18,)))
    assert len(brevo.imports.bodies) == 1
    assert brevo.contacts[person_email(3)] == Contact({"FIRSTNAME": "Kim", "A": 47}, {16})
    assert brevo.contacts[person_email(4)] == Contact({"FIRSTNAME": "Maya", "A": 47}, {16})
    state = sink.contact(person_email(3)).state
    assert state is not None
    assert (dict(state.attributes), state.held, state.lists_left) == ({"A": 47}, ("FIRSTNAME",), (18,))
    paths = calls_by_path(brevo)
    assert paths["POST /contacts/lists/18/contacts/remove"] == 1
    assert not paths["POST /contacts"]
    written = len(brevo.calls)
    sink.send(*upserts_of_people(revision=2, attributes={"FIRSTNAME": NAME, "A": MINUTES}, lists_left=(18,)))
    await sink.settled()
    assert len(brevo.calls) == written


async def test_members_that_brevo_holds_already_are_not_imported(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """What the ledger says is acknowledged is not sent again."""
    sink, brevo = bench
    await settle(sink, *upserts_of_people())
    sink.send(*upserts_of_people(revision=2))
    await sink.settled()
    assert len(brevo.imports.bodies) == 1
    assert not calls_by_path(brevo)["POST /contacts"]


async def test_newer_revision_during_an_import_is_written_after_it(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The import would overwrite it."""
    sink, brevo = bench
    newer = upsert(2, email=person_email(3), attributes={"MEETING_DURATION": AttributeValue(type="float", value=50)})

    async def arrive(call: Call) -> None:
        if call.path.startswith("/v3/processes/"):
            sink.send(newer)

    brevo.script = arrive
    await settle(sink, *upserts_of_people())
    assert [call.method for call in brevo.calls] == ["POST", "GET", "PUT"]
    assert brevo.contacts[person_email(3)].attributes == {"MEETING_DURATION": 50}


async def test_events_follow_the_import_of_their_contact(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Nobody says what becomes of an event of a contact that Brevo does not know."""
    sink, brevo = bench
    await settle(sink, *(event(email=person_email(number)) for number in range(20)), *upserts_of_people())
    kinds = [call.is_event for call in brevo.calls]
    assert kinds == [False] * 2 + [True] * 20


async def test_registration_goes_before_the_events_of_a_large_webinar(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Who registers for the next webinar is not told after everybody of this one."""
    sink, brevo = bench
    burst = [event(email=person_email(number), session="gk3lQ1mXSxyWuC2o8g9w==") for number in range(40)]
    registered = event(("r1",), name="zoom_webinar_registered", reason="registration")

    async def register(call: Call) -> None:
        if call.is_event and len(brevo.events) == 1:
            sink.send(upsert(), registered)

    brevo.script = register
    await settle(sink, *upserts_of_people(40), *burst, events_per_second=10)
    position = [body["event_name"] for body in brevo.events].index("zoom_webinar_registered")
    assert position < 30


@pytest.mark.parametrize("number", range(1, 4))
@pytest.mark.parametrize("phase", ["lost", "published", "applied"])
async def test_worker_that_dies_around_an_import_loses_nothing(
    bench: tuple[Sink, ScriptedBrevo], phase: CrashPoint, number: int
) -> None:
    """At the intents, at the outcomes, or after them."""
    sink, brevo = bench

    def plan(count: int, _: Sequence[Output]) -> CrashPoint | None:
        return phase if count == number else None

    sink.engine.crash_plan = plan
    sink.send(*upserts_of_people(), *(event(email=person_email(number)) for number in range(20)))
    sink.start(bulk_threshold=BATCH)
    async with asyncio.timeout(10):
        await sink.engine.crashed.wait()
    await sink.engine.crash()
    sink.engine.crash_plan = None
    sink.start(bulk_threshold=BATCH)
    await sink.settled()
    assert len(brevo.contacts) == 20
    calls = Counter(call.body["identifiers"]["email_id"] for call in brevo.event_calls)
    assert max(calls.values()) == 1
    assert len(calls) + list(sink.states().values()).count("in_doubt") >= 20


async def test_import_of_a_dead_worker_is_over_before_anything_is_written(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """It could overwrite what is written meanwhile; a newer revision waits for its end too."""
    sink, brevo = bench
    brevo.imports.next_status = "in_process"
    sink.send(*upserts_of_people())
    sink.start(bulk_threshold=BATCH)
    await sink.engine.until(lambda: brevo.imports.statuses.get(217) == "in_process")
    await sink.engine.crash()
    sink.send(upsert(2, email=person_email(3), attributes={"MEETING_DURATION": AttributeValue(type="float", value=50)}))
    sink.start(bulk_threshold=1_000)
    await sink.engine.until(lambda: calls_by_path(brevo)["GET /processes"] >= 2)
    assert not calls_by_path(brevo)["POST /contacts"]
    brevo.imports.next_status = "completed"
    brevo.complete(217)
    await sink.settled()
    assert brevo.contacts[person_email(3)].attributes == {"MEETING_DURATION": 50}


async def test_batch_that_forms_late_takes_those_along_that_wait_for_a_permit(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """Only who was written before the batch came together cost a call."""
    sink, brevo = bench
    slow = replace(QUICK, quiet_seconds=0.5, patience_seconds=2)
    effect = sink.start(slow, bulk_threshold=BATCH, contacts_per_second=20)
    sink.send(*upserts_of_people(4))
    await sink.engine.until(lambda: len(brevo.calls) >= 1)
    sink.send(*upserts_of_people(60)[4:])
    await sink.settled()
    assert effect.reasons == ()
    assert calls_by_path(brevo)["POST /contacts"] < 10
    assert len(brevo.contacts) == 60


async def test_single_upsert_waits_a_moment_for_others(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A batch arrives over several turns of the engine."""
    sink, brevo = bench
    sink.start(replace(QUICK, gather_seconds=0.2), bulk_threshold=BATCH)
    for command in upserts_of_people(10):
        sink.send(command)
        await asyncio.sleep(0)
    sink.send(upsert(email=MAYA, lists=(17,)))
    await sink.settled()
    assert calls_by_path(brevo)["POST /contacts"] == 1
    assert calls_by_path(brevo)["POST /contacts/import"] == 1


async def test_contact_that_leaves_a_batch_for_another_shape_is_written_alone(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """A newer revision with other lists has nobody to go with: it must not wait for an import that never comes."""
    sink, brevo = bench
    sink.start(replace(QUICK, gather_seconds=0.1, quiet_seconds=1, patience_seconds=2), bulk_threshold=BATCH)
    sink.send(*upserts_of_people(), upsert(email=MAYA, lists=(18,)))
    # Whoever may be written alone has been: the batch has been passed over.
    await sink.engine.until(lambda: MAYA in brevo.contacts)
    sink.send(upsert(2, email=person_email(3), lists=(17,)))
    await sink.settled()
    assert calls_by_path(brevo)["POST /contacts/import"] == 1
    assert brevo.contacts[person_email(3)].lists == {17}


async def _known_batch(sink: Sink, brevo: ScriptedBrevo, **settings: Any) -> None:
    """Twenty contacts that the ledger knows; somebody deletes the first at Brevo, and then all are to be written."""
    await settle(sink, *upserts_of_people(), **settings)
    await sink.engine.stop()
    del brevo.contacts[person_email(0)]
    brevo.calls.clear()
    changed = {"MEETING_DURATION": AttributeValue(type="float", value=48)}
    await settle(sink, *upserts_of_people(revision=2, attributes=changed), **settings)
    assert {contact.attributes["MEETING_DURATION"] for contact in brevo.contacts.values()} == {48}


async def test_import_does_not_create_a_deleted_contact_again(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """All contacts are read first; who is missing is tried alone, which finds out for sure."""
    sink, brevo = bench
    await _known_batch(sink, brevo)
    assert person_email(0) not in brevo.contacts
    assert len(brevo.imports.bodies[218]["jsonBody"]) == 19
    paths = calls_by_path(brevo)
    assert (paths["GET /contacts"], paths["POST /contacts"], len(paths)) == (1, 0, 4)
    assert sink.outcomes().count("suppressed") == 1


async def test_known_contacts_of_a_large_account_are_written_alone(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Reading all of it would cost more, and Brevo does not tell of deletions."""
    sink, brevo = bench

    async def script(call: Call) -> web.StreamResponse | None:
        is_page = call.method == "GET" and call.path.startswith("/v3/contacts?")
        return web.json_response({"contacts": [], "count": 100_000}) if is_page else None

    brevo.script = script
    await _known_batch(sink, brevo)
    assert person_email(0) not in brevo.contacts
    assert 218 not in brevo.imports.bodies


async def test_known_contacts_are_imported_at_once_where_brevo_tells_of_deletions(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """The ledger's word is good then."""
    sink, brevo = bench
    await _known_batch(sink, brevo, webhook={"token": "invented"})
    assert len(brevo.imports.bodies[218]["jsonBody"]) == 20
    assert not calls_by_path(brevo)["GET /contacts"]


@pytest.mark.parametrize(
    ("newest", "on"),
    [
        ({"lists": (16, 17), "attributes": {"MEETING_DURATION": AttributeValue(type="float", value=50)}}, {16, 17}),
        ({"lists": (16,), "lists_left": (17,)}, {16}),
    ],
    ids=["join", "leave"],
)
async def test_import_carries_the_lists_that_its_rows_want(
    bench: tuple[Sink, ScriptedBrevo], newest: dict[str, Any], on: set[int]
) -> None:
    """A command that changes between the two halves of the engine's turn takes its contact out of the batch."""
    sink, brevo = bench
    people = [f"p{number:02}@example.com" for number in range(20)]
    sink.send(*(upsert(email=email, lists=(17,)) for email in people))
    sink.start(bulk_threshold=5)
    sink.engine.effect_is_told_late = True
    sink.send(*(upsert(2, email=email, **newest) for email in people[:14]))
    await sink.engine.until(lambda: len(brevo.contacts) >= 6)
    sink.engine.tell_effect()
    await sink.settled()
    assert [brevo.contacts[email].lists for email in people] == 14 * [on] + 6 * [{17}]
    for email in people:
        state = sink.contact(email).state
        assert state is not None
        assert set(state.lists) == brevo.contacts[email].lists
