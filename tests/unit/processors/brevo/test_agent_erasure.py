"""Who is forgotten has no row of the sink's, whatever was under way for them, and nothing late makes one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web

from processors.brevo.decisions.erasure import sink_rule
from processors.brevo.decisions.ledger import BREVO_PENDING, LEDGER, SUPPRESSIONS
from processors.brevo.decisions.sending_rules import SendingRules
from processors.engine.memory_store import MemoryStore
from processors.engine.view import Record
from schemas.brevo import CommandResult, TrackEvent, UpsertContact
from schemas.brevo_feedback import BrevoFeedback
from schemas.codec import contact_id
from schemas.topics import BREVO_COMMANDS, BREVO_EVENTS, BREVO_RESULTS, ERASURES
from tests.support.brevo_commands import MAYA, OCCURRED_AT, event, upsert
from tests.support.erasures import order, rows_with, swept
from tests.support.rules import record, run
from tests.support.scripted_brevo import Call
from tests.support.sink import sink_beside_brevo

NOAH = "noah@example.com"
MAYA_ID = contact_id(MAYA)
ERASED_AT = OCCURRED_AT + timedelta(hours=1)
LATER = OCCURRED_AT + timedelta(days=1)


def command(made: UpsertContact | TrackEvent, offset: int = 0) -> Record:
    """Its record."""
    return record(BREVO_COMMANDS.name, made.to_bytes(), key=made.contact_id.encode(), offset=offset)


def told(kind: str) -> Record:
    """What Brevo tells of Maya after the erasure."""
    feedback = BrevoFeedback(kind=kind, contact_id=MAYA_ID, source="marketing", occurred_at=LATER)
    return record(BREVO_EVENTS.name, feedback.to_bytes(), key=MAYA_ID.encode())


def answered() -> Record:
    """The outcome of a call that was under way."""
    result = CommandResult(
        command_id="upsert-1", contact_id=MAYA_ID, kind="upsert", revision=1, outcome="acknowledged",
        answers=f"{BREVO_COMMANDS.name}@0", occurred_at=OCCURRED_AT, finished_at=LATER,
    )  # fmt: skip
    return record(BREVO_RESULTS.name, result.to_bytes(), key=MAYA_ID.encode())


def tables() -> dict[str, MemoryStore]:
    """Empty."""
    return {name: MemoryStore() for name in (LEDGER, BREVO_PENDING, SUPPRESSIONS)}


def test_all_rows_of_the_person_go_and_nobody_elses() -> None:
    """Upsert, events, what is open and what Brevo told; how many is told by table."""
    stores = tables()
    unsubscribed = told("unsubscribed")
    run(sink_rule(SendingRules()), [command(upsert()), command(event(("s1", "s2")), 1), unsubscribed], stores)
    run(sink_rule(SendingRules()), [command(upsert(email=NOAH), 2), command(event(email=NOAH), 3)], stores)
    before = rows_with(stores, NOAH, contact_id(NOAH))
    outputs = swept(sink_rule(SendingRules()), stores, order(MAYA, ERASED_AT))
    assert not rows_with(stores, MAYA, MAYA_ID)
    assert rows_with(stores, NOAH, contact_id(NOAH)) == before
    assert all(output.topic == ERASURES.name for output in outputs)
    assert b'"removed":{"brevo-ledger":3,"brevo-pending":2,"brevo-suppressions":1}' in (outputs[-1].value or b"")


@pytest.mark.parametrize(
    "late",
    [command(upsert()), command(event()), command(upsert(reason="registration")), answered(), told("deleted")],
    ids=["upsert", "event", "registration", "result", "feedback"],
)
@pytest.mark.parametrize("returns", [False, True])
def test_what_comes_late_makes_no_row(late: Record, returns: bool) -> None:
    """It was on its way, is replayed, or is Brevo's word about the deletion itself."""
    stores, rule = tables(), sink_rule(SendingRules(erased_return=returns))
    swept(rule, stores, order(MAYA, ERASED_AT))
    assert run(rule, [late], stores) == []
    assert not rows_with(stores, MAYA, MAYA_ID)


@pytest.mark.parametrize("returns", [False, True])
def test_new_registration_makes_rows_only_where_who_was_forgotten_may_return(returns: bool) -> None:
    """From then on they are somebody new; what happened before that stays out."""
    stores, rule = tables(), sink_rule(SendingRules(erased_return=returns))
    swept(rule, stores, order(MAYA, ERASED_AT))
    anew = command(upsert(reason="registration", occurred_at=LATER), 5)
    run(rule, [anew, command(event(("new",), occurred_at=LATER), 6), command(event(("old",)), 7)], stores)
    found = {key.decode().removeprefix(MAYA_ID) for table, key in rows_with(stores, MAYA_ID) if table == LEDGER}
    assert found == ({"", "/zoom_webinar_attended/new"} if returns else set())


@pytest.mark.parametrize("of_an_event", [False, True])
async def test_call_under_way_when_its_contact_is_forgotten_ends_and_others_go_on(of_an_event: bool) -> None:
    """Its outcome finds no row; the places that it held are free again, and a later contact is written."""
    async with sink_beside_brevo() as (sink, brevo):
        arrived, free = asyncio.Event(), asyncio.Event()

        async def held(call: Call) -> web.StreamResponse | None:
            if call.is_event == of_an_event and MAYA in str(call.path) + str(call.body):
                arrived.set()
                await free.wait()
            return None

        brevo.script = held
        effect = sink.start()
        sink.send(upsert(), event())
        await asyncio.wait_for(arrived.wait(), 30)
        told = order(MAYA, ERASED_AT)
        sink.engine.send(ERASURES.name, told.mark, told.to_bytes(), partition=0)
        assert not rows_with(sink.engine.memory[0], MAYA, MAYA_ID)
        free.set()
        await sink.engine.until(lambda: not effect.busy(), 30)
        sink.send(upsert(email=NOAH), event(email=NOAH))
        await sink.settled()
        assert sink.contact(NOAH).state is not None
        assert not rows_with(sink.engine.memory[0], MAYA, MAYA_ID)
