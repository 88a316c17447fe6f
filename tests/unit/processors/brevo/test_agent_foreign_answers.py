"""Somebody in between answers in Brevo's place: nothing of it is believed, and all is written once Brevo is back."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from schemas.brevo import AttributeValue
from tests.support.brevo_commands import MAYA, event, upsert
from tests.support.scripted_brevo import Call, Contact, ScriptedBrevo
from tests.support.sink import Sink


def page(status: int) -> web.Response:
    """What a proxy or a login portal answers."""
    return web.Response(status=status, text="<html>Sign in</html>", content_type="text/html")


@pytest.mark.parametrize("status", [200, 201, 302, 401, 403, 404, 405, 413])
@pytest.mark.parametrize("restarted", [False, True], ids=["same worker", "new worker"])
async def test_pages_of_a_proxy_are_waited_out_and_told(
    bench: tuple[Sink, ScriptedBrevo], status: int, restarted: bool
) -> None:
    """An upsert and an event that a page answered are as they were before; readiness says who answers."""
    sink, brevo = bench
    between = True

    async def script(call: Call) -> web.StreamResponse | None:
        return page(status) if between and (call.is_event or call.method != "GET") else None

    sink.start()
    sink.send(upsert(email="other@example.com"))
    await sink.settled()
    brevo.script = script
    effect = sink.effect()
    sink.send(upsert(), event(), event(email="other@example.com"))
    await sink.engine.until(lambda: len(effect.reasons) == 2 and len(brevo.calls) > 6)
    assert all("something else than Brevo answers" in reason for reason in effect.reasons)
    assert set(sink.outcomes()[1:]) == {"intended", "withdrawn"}
    if restarted:
        await sink.engine.until(lambda: sink.outcomes()[-1] == "withdrawn")
        await sink.engine.crash()
    between = False
    if restarted:
        effect = sink.start()
    await sink.settled()
    assert brevo.contacts[MAYA].lists == {16}
    assert len(brevo.events) == 2
    assert set(sink.states().values()) == {"acknowledged"}
    assert not effect.reasons


@pytest.mark.parametrize("answer", [(202, None), (200, []), (200, {"code": "invalid_parameter", "message": "no"})])
async def test_acceptance_in_other_words_than_brevos_sends_no_event_twice(
    bench: tuple[Sink, ScriptedBrevo], answer: tuple[int, Any]
) -> None:
    """An API took the call: the contact is written again, the event is in doubt, since it may be mailed to somebody."""
    sink, brevo = bench
    between = True

    async def script(call: Call) -> web.StreamResponse | None:
        status, body = answer
        if not between or not (call.is_event or call.method != "GET"):
            return None
        return web.Response(status=status) if body is None else web.json_response(body, status=status)

    sink.start()
    sink.send(upsert(email="other@example.com"))
    await sink.settled()
    brevo.script = script
    sink.send(upsert(), event(email="other@example.com"))
    await sink.engine.until(lambda: "in_doubt" in sink.outcomes() and len(brevo.contact_calls) > 3)
    assert any("other words than Brevo's" in reason for reason in sink.effect().reasons)
    between = False
    await sink.settled()
    assert brevo.contacts[MAYA].lists == {16}
    assert len(brevo.event_calls) == 1


async def test_nothing_is_written_before_brevo_has_told_its_attributes(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """Somebody else answered at the start: values of attributes that do not exist would be dropped without an error."""
    sink, brevo = bench
    between = True
    contacts_when_judged: list[int] = []

    async def script(call: Call) -> web.StreamResponse | None:
        if between:
            return page(200)
        asked = call.path.endswith("/contacts/attributes")
        return web.json_response({"attributes": []}) if asked else None

    brevo.script = script
    effect = sink.start(judge_attributes=lambda _answer: contacts_when_judged.append(len(brevo.contacts)))
    sink.send(upsert(), event())
    await sink.engine.until(lambda: bool(effect.reasons) and len(brevo.calls) > 1)
    assert "something else than Brevo answers" in effect.reasons[0]
    assert all(call.path.endswith("/contacts/attributes") for call in brevo.calls)
    between = False
    await sink.settled()
    assert contacts_when_judged == [0]
    assert MAYA in brevo.contacts
    assert len(brevo.events) == 1
    assert not effect.reasons


STRANGE: list[Any] = [[], {}, {"status": "ok"}, {"message": "please sign in"}, 7, "ok", [{"listIds": [16]}]]
"""JSON, and not what any question of ours asks for."""


@pytest.mark.parametrize("body", STRANGE, ids=repr)
async def test_json_that_is_no_contact_is_waited_out(bench: tuple[Sink, ScriptedBrevo], body: Any) -> None:
    """A gateway's JSON says neither that a name is empty nor that somebody may be mailed."""
    sink, brevo = bench
    brevo.contacts[MAYA] = Contact({"FIRSTNAME": "Maya"}, {16}, {"emailBlacklisted": True})
    between = True

    async def script(call: Call) -> web.StreamResponse | None:
        return web.json_response(body) if between and call.method == "GET" else None

    brevo.script = script
    effect = sink.start(events={"attended": True, "mails": ["attended"]})
    name = AttributeValue(type="text", value="iPhone", overwrite="if_empty")
    sink.send(upsert(attributes={"FIRSTNAME": name}), event())
    await sink.engine.until(lambda: any("something else than Brevo" in reason for reason in effect.reasons))
    between = False
    await sink.settled()
    assert brevo.contacts[MAYA].attributes["FIRSTNAME"] == "Maya"
    assert not brevo.events
    assert set(sink.states().values()) == {"suppressed"}
    assert not effect.reasons


@pytest.mark.parametrize("body", [[], {}, {"status": "ok"}, {"contacts": [7], "count": 1}], ids=repr)
async def test_json_that_is_no_page_of_contacts_stops_no_import(bench: tuple[Sink, ScriptedBrevo], body: Any) -> None:
    """Who is not in it is asked about again, or written alone."""
    sink, brevo = bench
    answers = iter([body])

    async def script(call: Call) -> web.StreamResponse | None:
        is_page = call.method == "GET" and call.path.startswith("/v3/contacts?")
        return web.json_response(found) if is_page and (found := next(answers, None)) is not None else None

    brevo.script = script
    sink.start(bulk_threshold=5)
    name = AttributeValue(type="text", value="Ana", overwrite="if_empty")
    people = [f"p{number}@example.com" for number in range(20)]
    sink.send(*(upsert(email=email, attributes={"FIRSTNAME": name}) for email in people))
    await sink.settled()
    assert all(brevo.contacts[email].attributes == {"FIRSTNAME": "Ana"} for email in people)
