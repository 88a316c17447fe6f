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
from schemas.brevo import AttributeValue, UpsertContact
from tests.support.brevo_commands import MAYA, event, upsert
from tests.support.scripted_brevo import Call, Contact, ScriptedBrevo, error
from tests.support.sink import QUICK, Sink

BATCH = 5
NAME = AttributeValue(type="text", value="Maya", overwrite="if_empty")
MINUTES = AttributeValue(type="float", value=47)


def _email(number: int) -> str:
    return f"person{number:03d}@example.com"


def _batch(count: int = 20, revision: int = 1, **changes: Any) -> list[UpsertContact]:
    return [upsert(revision, email=_email(number), **changes) for number in range(count)]


def _paths(brevo: ScriptedBrevo) -> Counter[str]:
    return Counter(f"{call.method} {call.path.partition('?')[0].removeprefix('/v3')}" for call in brevo.calls)


async def _settle(sink: Sink, *commands: Any, **settings: Any) -> None:
    sink.send(*commands)
    sink.start(**{"bulk_threshold": BATCH, **settings})
    await sink.settled()


async def test_contacts_of_one_shape_is_one_import(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Twenty new contacts: an import, questions about its process, no other call."""
    sink, brevo = bench
    await _settle(sink, *_batch())
    paths = _paths(brevo)
    assert paths.pop("GET /processes/217") == 1
    assert paths == {"POST /contacts/import": 1}
    body = brevo.imports.bodies[217]
    assert body["listIds"] == [16]
    assert body["disableNotification"] is True
    assert body["updateExistingContacts"] is True
    assert not {"emailBlacklist", "smsBlacklist", "emailBlacklisted"} & set(body)
    assert len(brevo.contacts) == 20
    assert brevo.contacts[_email(0)] == Contact({"MEETING_DURATION": 47}, {16})
    assert {result.outcome for result in sink.results()} == {"intended", "acknowledged"}
    assert sink.metric("rollcall_brevo_calls_saved_total") == 19


async def test_fewer_than_the_threshold_are_single_upserts(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """An import costs two calls and some seconds."""
    sink, brevo = bench
    await _settle(sink, *_batch(BATCH - 1))
    assert _paths(brevo) == {"POST /contacts": BATCH - 1}


async def test_batch_without_any_list_is_written_one_by_one(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """An import needs a list to put its contacts on."""
    sink, brevo = bench
    await _settle(sink, *_batch(lists=()))
    assert _paths(brevo) == {"POST /contacts": 20}


async def test_batch_without_any_list_goes_to_the_technical_list(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """If the operator has one."""
    sink, brevo = bench
    await _settle(sink, *_batch(lists=()), technical_list=99)
    assert brevo.imports.bodies[217]["listIds"] == [99]
    assert not _paths(brevo)["POST /contacts"]


async def test_contacts_with_booleans_are_written_one_by_one(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """An import does not get `false` through."""
    sink, brevo = bench
    await _settle(sink, *_batch(attributes={"CAME": AttributeValue(type="boolean", value=False)}))
    assert _paths(brevo) == {"POST /contacts": 20}


async def test_name_that_brevo_has_is_not_overwritten_by_an_import(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """One page of all contacts answers for everybody what `if_empty` depends on."""
    sink, brevo = bench
    brevo.contacts[_email(3)] = Contact({"FIRSTNAME": "Kim"}, {18})
    await _settle(sink, *_batch(attributes={"FIRSTNAME": NAME, "A": MINUTES}, lists_left=(18,)))
    assert brevo.contacts[_email(3)] == Contact({"FIRSTNAME": "Kim", "A": 47}, {16})
    assert brevo.contacts[_email(4)].attributes["FIRSTNAME"] == "Maya"
    paths = _paths(brevo)
    assert paths["GET /contacts"] == 1
    assert paths["POST /contacts/lists/18/contacts/remove"] == 1
    state = sink.contact(_email(3)).state
    assert state is not None
    assert state.held == ("FIRSTNAME",)


async def test_name_is_completed_alone_where_reading_all_contacts_would_cost_too_much(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """Three pages for twenty contacts: they are imported without the name, and each is asked about afterwards."""
    sink, brevo = bench
    brevo.contacts = {f"other{number}@example.com": Contact() for number in range(2_500)}
    brevo.contacts[_email(3)] = Contact({"FIRSTNAME": "Kim"}, {18})
    await _settle(sink, *_batch(attributes={"FIRSTNAME": NAME, "A": MINUTES}, lists_left=(18,)))
    assert len(brevo.imports.bodies) == 1
    assert brevo.contacts[_email(3)] == Contact({"FIRSTNAME": "Kim", "A": 47}, {16})
    assert brevo.contacts[_email(4)] == Contact({"FIRSTNAME": "Maya", "A": 47}, {16})
    state = sink.contact(_email(3)).state
    assert state is not None
    assert (dict(state.attributes), state.held, state.lists_left) == ({"A": 47}, ("FIRSTNAME",), (18,))
    paths = _paths(brevo)
    assert paths["POST /contacts/lists/18/contacts/remove"] == 1
    assert not paths["POST /contacts"]
    written = len(brevo.calls)
    sink.send(*_batch(revision=2, attributes={"FIRSTNAME": NAME, "A": MINUTES}, lists_left=(18,)))
    await sink.settled()
    assert len(brevo.calls) == written


async def test_members_that_brevo_holds_already_are_not_imported(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """What the ledger says is acknowledged is not sent again."""
    sink, brevo = bench
    await _settle(sink, *_batch())
    sink.send(*_batch(revision=2))
    await sink.settled()
    assert len(brevo.imports.bodies) == 1
    assert not _paths(brevo)["POST /contacts"]


async def test_addresses_that_an_import_refuses_are_tried_alone(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The single answer says why, and becomes the dead letter."""
    sink, brevo = bench
    brevo.imports.refused = {_email(7)}

    async def refuse(call: Call) -> web.StreamResponse | None:
        single = call.method == "POST" and call.path == "/v3/contacts"
        return error(400, "invalid_parameter", "Invalid email address") if single else None

    brevo.script = refuse
    await _settle(sink, *_batch())
    rejected = [result for result in sink.results() if result.outcome == "rejected"]
    assert len(rejected) == 1
    assert _paths(brevo)["POST /contacts"] == 1
    assert sink.contact(_email(7)).rejected


@pytest.mark.parametrize("status", ["failed", "cancelled"])
async def test_import_that_fails_is_written_one_by_one(bench: tuple[Sink, ScriptedBrevo], status: str) -> None:
    """Nothing is lost with it."""
    sink, brevo = bench
    brevo.imports.next_status = status
    await _settle(sink, *_batch())
    assert _paths(brevo)["POST /contacts"] == 20
    assert len(brevo.contacts) == 20
    assert len(brevo.imports.bodies) == 1


async def test_import_without_an_end_is_written_one_by_one(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A process that Brevo forgot holds nobody back for ever; the log tells of it."""
    sink, brevo = bench
    brevo.imports.next_status = "in_process"
    await _settle(sink, *_batch(), figures=replace(QUICK, import_patience_seconds=0.1))
    assert _paths(brevo)["POST /contacts"] == 20
    assert len(brevo.contacts) == 20


async def test_import_that_counts_who_was_refused_is_written_one_by_one(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Brevo's OpenAPI says numbers where its answers have links: then nobody knows who is not written."""
    sink, brevo = bench

    async def count(call: Call) -> web.StreamResponse | None:
        if not call.path.startswith("/v3/processes/"):
            return None
        told = {"id": 217, "status": "completed", "info": {"import": {"invalid_emails": 3, "duplicate_email_id": 0}}}
        return web.json_response(told)

    brevo.script = count
    await _settle(sink, *_batch())
    assert len(brevo.contacts) == 20


async def test_import_that_is_refused_is_written_one_by_one(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """400 to the import itself, such as for an unknown list."""
    sink, brevo = bench

    async def refuse(call: Call) -> web.StreamResponse | None:
        return error(400, "invalid_parameter", "List not found") if call.path == "/v3/contacts/import" else None

    brevo.script = refuse
    await _settle(sink, *_batch())
    assert _paths(brevo)["POST /contacts"] == 20


async def test_import_whose_answer_is_lost_is_waited_for_and_repeated(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """It may be under way: writing before its end could be overwritten by it."""
    sink, brevo = bench
    lost = 0

    async def lose(call: Call) -> web.StreamResponse | None:
        nonlocal lost
        if call.path == "/v3/contacts/import" and not lost:
            lost = brevo.imports.accept(call.body)
            return web.Response(status=500)
        if call.path.startswith("/v3/processes?") and brevo.imports.statuses[lost] == "queued":
            answer = brevo.answer(call)
            brevo.complete(lost)
            return answer
        return None

    brevo.script = lose
    await _settle(sink, *_batch())
    assert len(brevo.imports.bodies) == 2
    assert [call.path for call in brevo.calls].count("/v3/processes?limit=50&offset=0&sort=desc") == 2
    assert len(brevo.contacts) == 20


async def test_newer_revision_during_an_import_is_written_after_it(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The import would overwrite it."""
    sink, brevo = bench
    newer = upsert(2, email=_email(3), attributes={"MEETING_DURATION": AttributeValue(type="float", value=50)})

    async def arrive(call: Call) -> None:
        if call.path.startswith("/v3/processes/"):
            sink.send(newer)

    brevo.script = arrive
    await _settle(sink, *_batch())
    assert [call.method for call in brevo.calls] == ["POST", "GET", "PUT"]
    assert brevo.contacts[_email(3)].attributes == {"MEETING_DURATION": 50}


async def test_events_follow_the_import_of_their_contact(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Nobody says what becomes of an event of a contact that Brevo does not know."""
    sink, brevo = bench
    await _settle(sink, *(event(email=_email(number)) for number in range(20)), *_batch())
    kinds = [call.is_event for call in brevo.calls]
    assert kinds == [False] * 2 + [True] * 20


async def test_registration_goes_before_the_events_of_a_large_webinar(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Who registers for the next webinar is not told after everybody of this one."""
    sink, brevo = bench
    burst = [event(email=_email(number), session="gk3lQ1mXSxyWuC2o8g9w==") for number in range(40)]
    registered = event(("r1",), name="zoom_webinar_registered", reason="registration")

    async def register(call: Call) -> None:
        if call.is_event and len(brevo.events) == 1:
            sink.send(upsert(), registered)

    brevo.script = register
    await _settle(sink, *_batch(40), *burst, events_per_second=10)
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
    sink.send(*_batch(), *(event(email=_email(number)) for number in range(20)))
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
    sink.send(*_batch())
    sink.start(bulk_threshold=BATCH)
    await sink.engine.until(lambda: brevo.imports.statuses.get(217) == "in_process")
    await sink.engine.crash()
    sink.send(upsert(2, email=_email(3), attributes={"MEETING_DURATION": AttributeValue(type="float", value=50)}))
    sink.start(bulk_threshold=1_000)
    await sink.engine.until(lambda: _paths(brevo)["GET /processes"] >= 2)
    assert not _paths(brevo)["POST /contacts"]
    brevo.imports.next_status = "completed"
    brevo.complete(217)
    await sink.settled()
    assert brevo.contacts[_email(3)].attributes == {"MEETING_DURATION": 50}


async def test_batch_that_forms_late_takes_those_along_that_wait_for_a_permit(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """Only who was written before the batch came together cost a call."""
    sink, brevo = bench
    slow = replace(QUICK, quiet_seconds=0.5, patience_seconds=2)
    effect = sink.start(slow, bulk_threshold=BATCH, contacts_per_second=20)
    sink.send(*_batch(4))
    await sink.engine.until(lambda: len(brevo.calls) >= 1)
    sink.send(*_batch(60)[4:])
    await sink.settled()
    assert effect.reasons == ()
    assert _paths(brevo)["POST /contacts"] < 10
    assert len(brevo.contacts) == 60


async def test_single_upsert_waits_a_moment_for_others(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A batch arrives over several turns of the engine."""
    sink, brevo = bench
    sink.start(replace(QUICK, gather_seconds=0.2), bulk_threshold=BATCH)
    for command in _batch(10):
        sink.send(command)
        await asyncio.sleep(0)
    sink.send(upsert(email=MAYA, lists=(17,)))
    await sink.settled()
    assert _paths(brevo)["POST /contacts"] == 1
    assert _paths(brevo)["POST /contacts/import"] == 1


async def test_contact_that_leaves_a_batch_for_another_shape_is_written_alone(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """A newer revision with other lists has nobody to go with: it must not wait for an import that never comes."""
    sink, brevo = bench
    sink.start(replace(QUICK, gather_seconds=0.1, quiet_seconds=1, patience_seconds=2), bulk_threshold=BATCH)
    sink.send(*_batch(), upsert(email=MAYA, lists=(18,)))
    # Whoever may be written alone has been: the batch has been passed over.
    await sink.engine.until(lambda: MAYA in brevo.contacts)
    sink.send(upsert(2, email=_email(3), lists=(17,)))
    await sink.settled()
    assert _paths(brevo)["POST /contacts/import"] == 1
    assert brevo.contacts[_email(3)].lists == {17}


async def _known_batch(sink: Sink, brevo: ScriptedBrevo, **settings: Any) -> None:
    """Twenty contacts that the ledger knows; somebody deletes the first at Brevo, and then all are to be written."""
    await _settle(sink, *_batch(), **settings)
    await sink.engine.stop()
    del brevo.contacts[_email(0)]
    brevo.calls.clear()
    changed = {"MEETING_DURATION": AttributeValue(type="float", value=48)}
    await _settle(sink, *_batch(revision=2, attributes=changed), **settings)
    assert {contact.attributes["MEETING_DURATION"] for contact in brevo.contacts.values()} == {48}


async def test_import_does_not_create_a_deleted_contact_again(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """All contacts are read first; who is missing is tried alone, which finds out for sure."""
    sink, brevo = bench
    await _known_batch(sink, brevo)
    assert _email(0) not in brevo.contacts
    assert len(brevo.imports.bodies[218]["jsonBody"]) == 19
    paths = _paths(brevo)
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
    assert _email(0) not in brevo.contacts
    assert 218 not in brevo.imports.bodies


async def test_known_contacts_are_imported_at_once_where_brevo_tells_of_deletions(
    bench: tuple[Sink, ScriptedBrevo],
) -> None:
    """The ledger's word is good then."""
    sink, brevo = bench
    await _known_batch(sink, brevo, webhook={"token": "invented"})
    assert len(brevo.imports.bodies[218]["jsonBody"]) == 20
    assert not _paths(brevo)["GET /contacts"]


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
