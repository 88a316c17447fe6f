"""Lists for existing contacts, and lists that a person has to confirm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from processors.engine.memory import CrashPoint
from processors.engine.view import Output
from schemas.brevo import ConfirmList, UpsertContact
from schemas.brevo_feedback import BrevoFeedback
from schemas.codec import contact_id
from schemas.topics import BREVO_EVENTS
from tests.support.brevo_commands import MAYA, OCCURRED_AT, event, upsert
from tests.support.scripted_brevo import Call, Contact, ScriptedBrevo, error
from tests.support.sink import Sink, sink_beside_brevo

NOW_MS = int(OCCURRED_AT.timestamp()) * 1_000
LONG_AGO = {"createdAt": (OCCURRED_AT - timedelta(days=300)).isoformat()}
JUST_NOW = {"createdAt": (OCCURRED_AT + timedelta(seconds=2)).isoformat()}
RULE = {"rule": "doi", "template_id": 5, "redirect_url": "https://www.example.com/thanks"}
RULES: dict[str, Any] = {"list_rules": {17: RULE}}


@pytest.fixture
async def bench() -> AsyncIterator[tuple[Sink, ScriptedBrevo]]:
    """A sink, not started, beside its Brevo."""
    async with sink_beside_brevo() as (sink, brevo):
        sink.engine.timestamp_ms = NOW_MS
        yield sink, brevo


def _for_existing(revision: int = 1, **changes: Any) -> UpsertContact:
    values: dict[str, Any] = {"lists": (), "lists_for_existing": (16,), "creates": False}
    return upsert(revision, **values | changes)


def _confirm(list_id: int = 17, **changes: Any) -> ConfirmList:
    values: dict[str, Any] = {
        "command_id": f"confirm-{list_id}",
        "contact_id": contact_id(MAYA),
        "email": MAYA,
        "revision": 2,
        "reason": "registration",
        "occurred_at": OCCURRED_AT,
        "event_date": OCCURRED_AT,
        "once_keys": (f"list|{list_id}",),
        "list_id": list_id,
    }
    return ConfirmList(**values | changes)


async def test_existing_contact_joins_a_list_for_existing_contacts(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """It is read once; afterwards the ledger knows."""
    sink, brevo = bench
    brevo.contacts[MAYA] = Contact(more=LONG_AGO)
    sink.start()
    sink.send(_for_existing(), event())
    await sink.settled()
    sink.send(_for_existing(2, lists_for_existing=(16, 18)))
    await sink.settled()
    assert brevo.contacts[MAYA].lists == {16, 18}
    assert [call.method for call in brevo.contact_calls] == ["GET", "PUT", "PUT"]
    assert len(brevo.events) == 1


async def test_unknown_contact_is_not_created_for_it_and_gets_no_event(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Both say why."""
    sink, brevo = bench
    sink.start()
    sink.send(_for_existing(), event())
    await sink.settled()
    assert brevo.contacts == {}
    assert brevo.event_calls == []
    assert sink.outcomes() == ["suppressed", "suppressed"]
    assert all("existing contacts alone" in result.detail for result in sink.results())


async def test_contact_that_brevo_gets_later_by_itself_joins(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Rollcall could not have created it, so it is somebody else's contact."""
    sink, brevo = bench
    sink.start()
    sink.send(_for_existing())
    await sink.settled()
    brevo.contacts[MAYA] = Contact(more=JUST_NOW)
    sink.send(_for_existing(2))
    await sink.settled()
    assert brevo.contacts[MAYA].lists == {16}


async def test_contact_that_rollcall_created_does_not_join(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """For another list; that it is there now is our own doing."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(lists=(17,)))
    await sink.settled()
    brevo.contacts[MAYA].more = JUST_NOW
    sink.send(_for_existing(2, lists=(17,), creates=True))
    await sink.settled()
    assert brevo.contacts[MAYA].lists == {17}


async def test_contact_created_with_a_lost_answer_does_not_join(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A worker that died after the call leaves no trace of it but the contact's date."""
    sink, brevo = bench
    reached = asyncio.Event()

    async def script(call: Call) -> web.StreamResponse | None:
        if call.method != "POST":
            return None
        brevo.answer(call)
        brevo.contacts[MAYA].more = JUST_NOW
        reached.set()
        await asyncio.Event().wait()
        return None

    brevo.script = script
    sink.start()
    sink.send(_for_existing(lists=(17,), creates=True))
    async with asyncio.timeout(10):
        await reached.wait()
    await sink.engine.crash()
    sink.start()
    await sink.settled()
    assert brevo.contacts[MAYA].lists == {17}


async def test_person_is_asked_once_to_confirm_a_list(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Once for each list, however often the command comes; nothing of ours puts them there."""
    sink, brevo = bench
    sink.start(**RULES | {"list_rules": {17: RULE, 18: RULE}})
    sink.send(upsert(lists=()), _confirm(), _confirm(18), event())
    await sink.settled()
    sink.send(_confirm(revision=9), upsert(3, lists=(), attributes={}))
    await sink.settled()
    assert brevo.confirmations == [
        {"email": MAYA, "includeListIds": [list_id], "templateId": 5, "redirectionUrl": RULE["redirect_url"]}
        for list_id in (17, 18)
    ]
    assert brevo.contacts[MAYA].lists == set()
    assert set(sink.states().values()) == {"acknowledged"}


@pytest.mark.parametrize(
    ("lists", "more", "why"),
    [
        ({17}, {}, "already"),
        (set(), {"emailBlacklisted": True}, "unsubscribed"),
        (set(), {"listUnsubscribed": [17]}, "left"),
    ],
)
async def test_person_is_not_asked_in_vain_or_against_their_will(
    bench: tuple[Sink, ScriptedBrevo], lists: set[int], more: dict[str, Any], why: str
) -> None:
    """Brevo is asked before every such mail."""
    sink, brevo = bench
    brevo.contacts[MAYA] = Contact(lists=lists, more=more)
    sink.start(**RULES)
    sink.send(upsert(lists=()), _confirm())
    await sink.settled()
    assert brevo.confirmations == []
    assert why in sink.results()[-1].detail
    assert sink.outcomes()[-1] == "suppressed"


async def test_person_whom_brevo_does_not_show_is_not_asked(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A refusal to read is no word that there is nobody, whose consent nobody could have withdrawn."""
    sink, brevo = bench

    async def script(call: Call) -> web.StreamResponse | None:
        if call.method == "GET" and MAYA in brevo.contacts:
            return error(400, "invalid_parameter", "Invalid identifier")
        return None

    brevo.script = script
    sink.start(**RULES, deleted="ask")
    sink.send(upsert(lists=()), _confirm())
    await sink.settled()
    assert brevo.confirmations == []
    assert sink.outcomes()[-1] == "suppressed"


async def test_unsubscribed_person_that_waits_is_not_asked(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The feedback comes before the mail, by whichever way."""
    sink, brevo = bench
    sink.send(_confirm())
    feedback = BrevoFeedback(
        kind="unsubscribed", contact_id=contact_id(MAYA), source="marketing", occurred_at=OCCURRED_AT
    )
    sink.engine.send(BREVO_EVENTS.name, feedback.contact_id, feedback.to_bytes())
    sink.send(_confirm(18), upsert(lists=()))
    sink.start(**RULES)
    await sink.settled()
    assert brevo.confirmations == []
    assert set(sink.states().values()) == {"suppressed"}


async def test_list_without_the_rule_any_more_asks_nobody(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The command waited while the file was changed."""
    sink, brevo = bench
    sink.start()
    sink.send(upsert(lists=()), _confirm())
    await sink.settled()
    assert brevo.confirmations == []
    assert sink.outcomes()[-1] == "suppressed"


async def test_wrong_template_holds_confirmations_alone(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """They wait for a person; contacts and events go on, and nothing is lost."""
    sink, brevo = bench
    wrong = True

    async def script(call: Call) -> web.StreamResponse | None:
        if wrong and call.path.endswith("/doubleOptinConfirmation"):
            return error(400, "invalid_parameter", "Invalid template id")
        return None

    brevo.script = script
    effect = sink.start(**RULES)
    sink.send(upsert(lists=()), _confirm())
    await sink.engine.until(lambda: any("brevo.list_rules" in reason for reason in effect.reasons))
    sink.send(upsert(email="noor.haddad@example.com"), event(email="noor.haddad@example.com"))
    await sink.engine.until(lambda: len(brevo.events) == 1)
    wrong = False
    await sink.settled()
    assert len(brevo.confirmations) == 1
    assert effect.reasons == ()


POSTS = 3
"""The upsert's outcome, the intent and the outcome of the question."""


@pytest.mark.parametrize("phase", ["lost", "published", "applied"])
@pytest.mark.parametrize("number", range(1, POSTS + 1))
async def test_kill_at_any_post_asks_nobody_twice(
    bench: tuple[Sink, ScriptedBrevo], number: int, phase: CrashPoint
) -> None:
    """One that may have been asked is in doubt."""
    sink, brevo = bench

    def plan(count: int, _: Sequence[Output]) -> CrashPoint | None:
        return phase if count == number else None

    sink.engine.crash_plan = plan
    sink.start(**RULES)
    sink.send(upsert(lists=()), _confirm())
    async with asyncio.timeout(10):
        await sink.engine.crashed.wait()
    await sink.engine.crash()
    sink.start(**RULES)
    sink.send(_confirm())
    await sink.settled()
    (state,) = sink.states().values()
    assert len(brevo.confirmations) == 1 or state == "in_doubt"
    assert len(brevo.confirmations) <= 1


async def test_lost_answer_leaves_the_question_in_doubt(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The mail may be out."""
    sink, brevo = bench

    async def script(call: Call) -> web.StreamResponse | None:
        return web.Response(status=502) if call.path.endswith("/doubleOptinConfirmation") else None

    brevo.script = script
    sink.start(**RULES)
    sink.send(upsert(lists=()), _confirm())
    await sink.settled()
    assert set(sink.states().values()) == {"in_doubt"}
    assert len([call for call in brevo.calls if call.path.endswith("/doubleOptinConfirmation")]) == 1


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(("setting", "asked"), [("ask", True), ("stay_away", False)])
async def test_deleted_person_who_registers_again_is_asked_where_the_file_says_ask(
    bench: tuple[Sink, ScriptedBrevo], setting: str, asked: bool, before: bool
) -> None:
    """By double opt-in alone, also who was asked before: the contact is not created, an older command asks nobody."""
    sink, brevo = bench
    sink.start(**RULES, deleted=setting)
    if before:
        sink.send(upsert(lists=()), _confirm())
        await sink.settled()
        brevo.confirmations.clear()
    brevo.contacts.clear()
    deleted_at = OCCURRED_AT + timedelta(hours=1)
    told = BrevoFeedback(kind="deleted", contact_id=contact_id(MAYA), source="marketing", occurred_at=deleted_at)
    sink.engine.send(BREVO_EVENTS.name, told.contact_id, told.to_bytes())
    sink.send(upsert(lists=()), _confirm())
    await sink.settled()
    assert brevo.confirmations == []
    again: dict[str, Any] = {"occurred_at": deleted_at + timedelta(hours=1), "revision": 3}
    sink.send(upsert(lists=(), **again), _confirm(command_id="confirm-again", **again))
    await sink.settled()
    assert [confirmation["includeListIds"] for confirmation in brevo.confirmations] == ([[17]] if asked else [])
    assert brevo.contacts == {}
