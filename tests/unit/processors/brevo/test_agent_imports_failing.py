"""Imports that Brevo refuses, in part or whole, forgets, or whose answer is lost: nobody is lost with them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiohttp import web

from tests.support.import_batches import calls_by_path, person_email, settle, upserts_of_people
from tests.support.scripted_brevo import Call, ScriptedBrevo, error
from tests.support.sink import QUICK, Sink


async def test_addresses_that_an_import_refuses_are_tried_alone(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """The single answer says why, and becomes the dead letter."""
    sink, brevo = bench
    brevo.imports.refused = {person_email(7)}

    async def refuse(call: Call) -> web.StreamResponse | None:
        single = call.method == "POST" and call.path == "/v3/contacts"
        return error(400, "invalid_parameter", "Invalid email address") if single else None

    brevo.script = refuse
    await settle(sink, *upserts_of_people())
    rejected = [result for result in sink.results() if result.outcome == "rejected"]
    assert len(rejected) == 1
    assert calls_by_path(brevo)["POST /contacts"] == 1
    assert sink.contact(person_email(7)).rejected


@pytest.mark.parametrize("status", ["failed", "cancelled"])
async def test_import_that_fails_is_written_one_by_one(bench: tuple[Sink, ScriptedBrevo], status: str) -> None:
    """Nothing is lost with it."""
    sink, brevo = bench
    brevo.imports.next_status = status
    await settle(sink, *upserts_of_people())
    assert calls_by_path(brevo)["POST /contacts"] == 20
    assert len(brevo.contacts) == 20
    assert len(brevo.imports.bodies) == 1


async def test_import_without_an_end_is_written_one_by_one(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """A process that Brevo forgot holds nobody back for ever; the log tells of it."""
    sink, brevo = bench
    brevo.imports.next_status = "in_process"
    await settle(sink, *upserts_of_people(), figures=replace(QUICK, import_patience_seconds=0.1))
    assert calls_by_path(brevo)["POST /contacts"] == 20
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
    await settle(sink, *upserts_of_people())
    assert len(brevo.contacts) == 20


async def test_import_that_is_refused_is_written_one_by_one(bench: tuple[Sink, ScriptedBrevo]) -> None:
    """400 to the import itself, such as for an unknown list."""
    sink, brevo = bench

    async def refuse(call: Call) -> web.StreamResponse | None:
        return error(400, "invalid_parameter", "List not found") if call.path == "/v3/contacts/import" else None

    brevo.script = refuse
    await settle(sink, *upserts_of_people())
    assert calls_by_path(brevo)["POST /contacts"] == 20


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
    await settle(sink, *upserts_of_people())
    assert len(brevo.imports.bodies) == 2
    assert [call.path for call in brevo.calls].count("/v3/processes?limit=50&offset=0&sort=desc") == 2
    assert len(brevo.contacts) == 20
