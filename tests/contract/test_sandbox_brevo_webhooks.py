"""The sandbox's webhooks: made, changed, and told what happens to contacts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.brevo import Options, serving
from tests.support.brevo_client import KEY, MAYA, NOOR, Client, Json
from tests.support.processes import eventually


async def test_webhooks_are_created_changed_and_removed(client: Client) -> None:
    """CRUD, with event names checked against the type."""
    body = {"type": "marketing", "url": "https://example.com/h", "events": ["unsubscribed", "contactDeleted"]}
    _, created = await client.call("POST", "/v3/webhooks", body)
    path = f"/v3/webhooks/{created['id']}"
    assert (await client.call("PUT", path, {"events": ["spam"]}))[0] == 204
    _, shown = await client.call("GET", path)
    _, listed = await client.call("GET", "/v3/webhooks?type=marketing")
    assert shown["events"] == ["spam"]
    assert listed["webhooks"] == [shown]
    assert (await client.call("DELETE", path))[0] == 204
    assert (await client.call("GET", path))[0] == 404
    assert (await client.call("POST", "/v3/webhooks", {**body, "type": "transactional"}))[0] == 400


@asynccontextmanager
async def _receiver(statuses: list[int], told: list[tuple[str | None, Json]]) -> AsyncIterator[str]:
    """Somebody's server for webhooks: keeps authorization and body, and answers with these statuses in turn."""

    async def receive(request: web.Request) -> web.Response:
        told.append((request.headers.get("Authorization"), await request.json()))
        return web.Response(status=statuses.pop(0))

    app = web.Application()
    app.router.add_post("/hook", receive)
    async with TestServer(app) as server:
        yield str(server.make_url("/hook"))


async def test_webhooks_are_told_what_happens_to_contacts() -> None:
    """Unsubscribed, bounced, deleted, to who subscribed to it; again after 429, and after no other answer."""
    told: list[tuple[str | None, Json]] = []
    options = Options(api_key=KEY, limit_factor=1000, webhook_retry_seconds=(0.01, 0.01))
    async with (
        serving(options) as brevo,
        aiohttp.ClientSession(headers={"api-key": KEY}) as session,
        _receiver([429, 200, 500, 200], told) as url,
    ):
        client, answers = Client(session, brevo), brevo.state.store.webhooks.answers
        body = {"type": "marketing", "url": url, "events": ["unsubscribed", "hardBounce", "contactDeleted"]}
        await client.call("POST", "/v3/webhooks", {**body, "auth": {"type": "bearer", "token": "t"}})
        await client.call("POST", "/v3/webhooks", {**body, "events": ["spam"]})
        for email in (MAYA, NOOR):
            await client.call("POST", "/v3/contacts", {"email": email})
        deleted: tuple[str, str, Json | None] = ("DELETE", f"/v3/contacts/{MAYA}", None)
        unsubscribed, bounced = (("POST", f"/_sandbox/{what}") for what in ("unsubscriptions", "bounces"))
        for number, call in enumerate(
            [(*unsubscribed, {"email": MAYA}), (*bounced, {"email": NOOR}), deleted], start=2
        ):
            assert (await client.call(*call))[0] == 204

            async def answered(count: int = number) -> bool:
                return len(answers) == count

            await eventually(answered, what="the receiver has answered")
        assert brevo.state.store.contacts.get(NOOR).email_blacklisted
    assert answers == [429, 200, 500, 200]
    assert {authorization for authorization, _ in told} == {"Bearer t"}
    assert [body["event"] for _, body in told] == ["unsubscribe", "unsubscribe", "hard_bounce", "contact_deleted"]
    assert (told[0][1]["email"], told[3][1]["email"]) == (MAYA, [MAYA])
