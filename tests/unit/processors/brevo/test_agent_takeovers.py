"""What a former owner still writes after another worker took over is written over, in time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from aiohttp import web

from schemas.brevo import AttributeValue, UpsertContact
from tests.support.brevo_commands import MAYA, event, upsert
from tests.support.scripted_brevo import Call, ScriptedBrevo
from tests.support.sink import QUICK, Sink, sink_beside_brevo

OVERTAKEN = replace(QUICK, overtaken_seconds=60.0)
OTHERS = [f"person{number}@example.com" for number in range(5)]


def _minutes(revision: int, email: str = MAYA) -> UpsertContact:
    value = AttributeValue(type="float", value=revision)
    return upsert(revision, email=email, attributes={"MEETING_DURATION": value})


async def _stopped_in_its_call(sink: Sink, brevo: ScriptedBrevo) -> Call:
    """A worker is stopped as it writes revision 2 of a contact: what it was about to send, and what comes far later."""
    sink.start()
    sink.send(_minutes(1))
    await sink.settled()
    about_to_send: list[Call] = []
    began = asyncio.Event()

    async def hold(call: Call) -> web.StreamResponse | None:
        about_to_send.append(call)
        began.set()
        await asyncio.Event().wait()
        return None

    brevo.script = hold
    sink.send(_minutes(2))
    async with asyncio.timeout(10):
        await began.wait()
    await sink.engine.crash()
    brevo.script = None
    return about_to_send[0]


async def test_contact_that_a_former_owner_writes_late_is_written_once_more() -> None:
    """An older state comes after the newer one; the events do not wait for it."""
    async with sink_beside_brevo() as (sink, brevo):
        late = await _stopped_in_its_call(sink, brevo)
        sink.send(_minutes(3), event())
        sink.start(OVERTAKEN)
        await sink.engine.until(lambda: bool(brevo.events))
        assert brevo.contacts[MAYA].attributes == {"MEETING_DURATION": 3}
        assert sink.contact().unsure
        brevo.answer(late, MAYA)
        assert brevo.contacts[MAYA].attributes == {"MEETING_DURATION": 2}
        sink.seconds_ahead = 61
        await sink.settled()
        assert brevo.contacts[MAYA].attributes == {"MEETING_DURATION": 3}
        assert not sink.contact().unsure
        assert len(brevo.event_calls) == 1


async def test_contact_of_an_import_that_a_former_owner_writes_late_is_written_once_more() -> None:
    """As many as go in one import go in one again."""
    async with sink_beside_brevo() as (sink, brevo):
        late = await _stopped_in_its_call(sink, brevo)
        sink.send(*(_minutes(3, email) for email in (MAYA, *OTHERS)))
        sink.start(OVERTAKEN, bulk_threshold=3)
        await sink.engine.until(lambda: sink.contact().unsure)
        brevo.answer(late, MAYA)
        sink.seconds_ahead = 61
        await sink.settled()
        assert {brevo.contacts[email].attributes["MEETING_DURATION"] for email in (MAYA, *OTHERS)} == {3}


async def test_newer_command_during_the_wait_does_not_end_it() -> None:
    """It is written at once, and again when the former owner writes no more."""
    async with sink_beside_brevo() as (sink, brevo):
        late = await _stopped_in_its_call(sink, brevo)
        sink.start(OVERTAKEN)
        await sink.engine.until(lambda: sink.contact().unsure)
        sink.send(_minutes(3))
        await sink.engine.until(lambda: brevo.contacts[MAYA].attributes == {"MEETING_DURATION": 3})
        brevo.answer(late, MAYA)
        sink.seconds_ahead = 61
        await sink.settled()
        assert brevo.contacts[MAYA].attributes == {"MEETING_DURATION": 3}


async def test_worker_that_dies_during_the_wait_leaves_it_to_the_next() -> None:
    """What is to be written once more is in the rows."""
    async with sink_beside_brevo() as (sink, brevo):
        await _stopped_in_its_call(sink, brevo)
        sink.start(OVERTAKEN)
        await sink.engine.until(lambda: sink.contact().unsure)
        await sink.engine.crash()
        brevo.contacts[MAYA].attributes["MEETING_DURATION"] = 1
        sink.start(OVERTAKEN)
        sink.seconds_ahead = 61
        await sink.settled()
        assert brevo.contacts[MAYA].attributes == {"MEETING_DURATION": 2}
