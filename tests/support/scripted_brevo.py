"""A small Brevo on a real port whose answers a test scripts; without a script it keeps contacts and accepts events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

UNRECOGNISED_IP = {
    "message": "We have detected you are using an unrecognised IP address 203.0.113.10. If you performed this action "
    "make sure to add the new IP address in this link: https://app.brevo.com/security/authorised_ips",
    "code": "unauthorized",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came."""

    method: str
    path: str
    """Raw: percent-encoded as sent, with the query."""
    body: Any
    headers: dict[str, str]

    @property
    def is_event(self) -> bool:
        """Whether it is a `POST /events`."""
        return self.path == "/v3/events"


@dataclass(slots=True)
class Contact:
    """What the server keeps of a contact."""

    attributes: dict[str, Any] = field(default_factory=dict)
    lists: set[int] = field(default_factory=set)


Script = Callable[[Call], Awaitable[web.StreamResponse | None]]
"""Answers a call, or returns ``None`` for the ordinary answer."""


class ScriptedBrevo:
    """The server's state; `calls` has everything in order of arrival."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[Call] = []
        self.contacts: dict[str, Contact] = {}
        self.events: list[Any] = []
        self.script: Script | None = None

    @property
    def event_calls(self) -> list[Call]:
        """Every `POST /events`."""
        return [call for call in self.calls if call.is_event]

    @property
    def contact_calls(self) -> list[Call]:
        """Everything else."""
        return [call for call in self.calls if not call.is_event]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Record the call, then the script, then the ordinary answer."""
        data = await request.read()
        call = Call(
            request.method, request.raw_path, orjson.loads(data) if data else None, dict(request.headers.items())
        )
        self.calls.append(call)
        if self.script is not None and (scripted := await self.script(call)) is not None:
            return scripted
        return self.answer(call, request.match_info.get("email"))

    def answer(self, call: Call, email: str | None = None) -> web.StreamResponse:
        """Do what Brevo does."""
        if call.is_event:
            self.events.append(call.body)
            return web.Response(status=204)
        if call.method == "POST":
            return self._create(call.body)
        contact = self.contacts.get(email or "")
        if contact is None:
            return error(404, "document_not_found", "Contact does not exist")
        if call.method == "GET":
            return web.json_response(
                {"email": email, "attributes": contact.attributes, "listIds": sorted(contact.lists)}
            )
        contact.attributes.update(call.body.get("attributes", {}))
        contact.lists.update(call.body.get("listIds", []))
        contact.lists.difference_update(call.body.get("unlinkListIds", []))
        return web.Response(status=204)

    def _create(self, body: dict[str, Any]) -> web.StreamResponse:
        known = body["email"] in self.contacts
        contact = self.contacts.setdefault(body["email"], Contact())
        contact.attributes.update(body.get("attributes", {}))
        contact.lists.update(body.get("listIds", []))
        return web.Response(status=204) if known else web.json_response({"id": len(self.contacts)}, status=201)


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """An error body as Brevo writes it."""
    return web.json_response({"code": code, "message": message}, status=status, headers=headers)


@asynccontextmanager
async def serve_brevo() -> AsyncIterator[ScriptedBrevo]:
    """A server on a free port of the loopback address."""
    brevo = ScriptedBrevo()
    app = web.Application()
    app.router.add_post("/v3/contacts", brevo.handle)
    app.router.add_route("*", "/v3/contacts/{email}", brevo.handle)
    app.router.add_post("/v3/events", brevo.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    brevo.url = f"http://{host}:{port}/v3"
    try:
        yield brevo
    finally:
        await runner.cleanup()
