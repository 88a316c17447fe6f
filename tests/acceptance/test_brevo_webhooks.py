"""Brevo's own webhooks, from their registration to the sink that obeys them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.zoom.state import ZoomState
from schemas.attendance import Registration, Result
from schemas.brevo import CommandResult, TrackEvent
from schemas.topics import BREVO_COMMANDS
from tests.support.commands import rollcall
from tests.support.installation import Installation
from tests.support.kafka import Message, produce
from tests.support.large_account import email_of, large_account, publish, registration, results
from tests.support.processes import eventually

TOKEN = "invented-webhook-token"
FIRST, SECOND = email_of(0), email_of(1)


@asynccontextmanager
async def _home(bootstrap: str, prefix: str, directory: Path) -> AsyncIterator[tuple[Installation, dict[str, str]]]:
    """An installation that has `brevo.webhook`, and the variables of its commands."""
    async with large_account(bootstrap, prefix, directory, factor=50) as home:
        file = directory / "rollcall.yaml"
        webhook = f'webhook: {{url: "http://127.0.0.1:{home.port}/webhooks/brevo", token: "${{BREVO_WEBHOOK_TOKEN}}"}}'
        file.write_text(file.read_text().replace("brevo: {", f"brevo: {{{webhook}, "), encoding="utf-8")
        yield home, home.wiring.worker() | {"BREVO_WEBHOOK_TOKEN": TOKEN}


def _facts() -> list[Result]:
    return list(results(2, 0, ZoomState().account_id, datetime.now(UTC).replace(microsecond=0)))


def _recording(fact: Result) -> TrackEvent:
    name = "zoom_recording_ready"
    return TrackEvent(
        command_id=f"recording-{fact.contact_id}",
        contact_id=fact.contact_id,
        email=fact.email,
        revision=99,
        reason="recording",
        occurred_at=fact.occurred_at,
        name=name,
        event_date=fact.occurred_at,
        properties={"share_url": "https://example.com/rec/share/1"},
        once_keys=(f"{name}|{fact.session_uuid}",),
    )


async def _call(home: Installation, method: str, path: str, body: dict[str, Any] | None = None) -> int:
    async with (
        aiohttp.ClientSession(headers={"api-key": home.wiring.brevo_api_key}) as session,
        session.request(method, f"{home.brevo.address}{path}", json=body) as answer,
    ):
        return answer.status


async def _until_suppressed(home: Installation, email: str, kind: str) -> CommandResult:
    """The outcome of a command of this contact that was suppressed."""
    found: list[CommandResult] = []

    async def told() -> bool:
        contact = next(fact.contact_id for fact in _facts() if fact.email == email)
        outcomes = await home.results()
        found[:] = [
            outcome
            for outcome in outcomes
            if (outcome.contact_id, outcome.kind, outcome.outcome) == (contact, kind, "suppressed")
        ]
        return bool(found)

    await eventually(told, what=f"a suppressed {kind}", tell=home.last_words)
    return found[0]


async def test_registered_webhooks_keep_people_from_mails_and_from_being_created_again(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """`rollcall brevo apply`, Brevo's delivery, the ingress, the topic, the table, the sink: all of it real."""
    async with _home(kafka_bootstrap, topic_prefix, tmp_path) as (home, variables):
        code, plan, _ = await rollcall(variables, "brevo", "plan", "--json")
        assert (code, [webhook["type"] for webhook in plan["webhooks"]]) == (1, ["marketing", "transactional"])
        code, applied, _ = await rollcall(variables, "brevo", "apply", "--yes", "--json")
        assert (code, len(applied["created"])) == (0, 2)
        assert TOKEN not in str(applied)
        assert (await rollcall(variables, "brevo", "plan", "--json"))[0] == 0
        ingress = home.start_ingress({"BREVO_WEBHOOK_TOKEN": TOKEN})
        worker = home.start_worker("data", variables)
        await ingress.until_ready()
        await worker.until_ready()
        facts = _facts()
        await publish(kafka_bootstrap, topic_prefix, iter(facts))

        async def written() -> bool:
            return home.events() == 2

        await eventually(written, what="contacts and events are there", tell=home.last_words)
        assert await _call(home, "POST", "/_sandbox/unsubscriptions", {"email": FIRST}) == 204
        assert await _call(home, "DELETE", f"/v3/contacts/{SECOND}") == 204

        async def both_told() -> bool:
            return home.brevo.state.store.webhooks.answers == [200, 200]

        await eventually(both_told, what="the ingress has stored both", tell=home.last_words)
        mail = _recording(facts[0])
        message = Message(mail.to_bytes(), mail.contact_id.encode())
        await produce(kafka_bootstrap, BREVO_COMMANDS.physical(topic_prefix), [message])
        await publish(kafka_bootstrap, topic_prefix, iter(_registered(SECOND)))
        assert "unsubscribed" in (await _until_suppressed(home, FIRST, "event")).detail
        assert "deleted" in (await _until_suppressed(home, SECOND, "upsert")).detail
        assert home.events() == 2
        contacts = home.brevo.state.store.contacts
        assert contacts.find(SECOND, "email_id") is None
        assert contacts.get(FIRST).email_blacklisted
        assert (await worker.stop(), await ingress.stop()) == (0, 0)


def _registered(email: str) -> list[Registration]:
    return [registration(ZoomState().account_id, datetime.now(UTC).replace(microsecond=0), email)]
