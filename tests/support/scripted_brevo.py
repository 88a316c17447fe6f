"""A small Brevo on a real port whose answers a test scripts; without a script it keeps contacts and accepts events."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from tests.support.imports import Imports

IDENTIFIERS = {"SMS": "phone_id", "WHATSAPP": "whatsapp_id", "EXT_ID": "ext_id"}
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
    more: dict[str, Any] = field(default_factory=dict)
    """Whatever else it shows: `createdAt`, `emailBlacklisted`, …"""


Script = Callable[[Call], Awaitable[web.StreamResponse | None]]
"""Answers a call, or returns ``None`` for the ordinary answer."""


class ScriptedBrevo:
    """The server's state; `calls` has everything in order of arrival."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[Call] = []
        self.contacts: dict[str, Contact] = {}
        self.events: list[Any] = []
        self.confirmations: list[Any] = []
        """Bodies of double opt-in; each is a mail."""
        self.missing_lists: set[int] = set()
        self.refused_values: dict[str, Any] = {}
        """By attribute: the value that is answered 400, with the words of `refusal`."""
        self.refusal = "Invalid phone number"
        self.refuse_contacts = False
        """Every new contact is refused, whatever it has."""
        self.script: Script | None = None
        self.imports = Imports()

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
        return self._bulk(call) or self._contact(call, email)

    def _bulk(self, call: Call) -> web.StreamResponse | None:
        path = call.path.partition("?")[0].removeprefix("/v3")
        if path.startswith("/processes"):
            return self._process(path)
        if path == "/contacts/doubleOptinConfirmation":
            self.confirmations.append(call.body)
            return web.Response(status=204)
        if path == "/contacts/import" and self.missing_lists & set(call.body["listIds"]):
            return error(400, "invalid_parameter", "List ID does not exist")
        if path == "/contacts/import":
            return web.json_response({"processId": self.imports.accept(call.body)}, status=202)
        if path.startswith("/contacts/lists/") and call.method == "GET":
            return self._list(int(path.rpartition("/")[2]))
        if path.startswith("/contacts/lists/"):
            return self._remove(int(path.split("/")[3]), call.body["emails"])
        if path == "/contacts" and call.method == "GET":
            return self._page(call.path)
        return None

    def _contact(self, call: Call, email: str | None) -> web.StreamResponse:
        if call.method == "POST":
            return self._refused(call.body, call.body["email"]) or self._create(call.body)
        email = self._by_identifier(call, email or "")
        contact = self.contacts.get(email or "")
        if contact is None:
            return error(404, "document_not_found", "Contact does not exist")
        if call.method == "GET":
            return web.json_response(
                {"email": email, "attributes": contact.attributes, "listIds": sorted(contact.lists), **contact.more}
            )
        if (refused := self._refused(call.body, email or "")) is not None:
            return refused
        contact.attributes.update(call.body.get("attributes", {}))
        contact.lists.update(call.body.get("listIds", []))
        contact.lists.difference_update(call.body.get("unlinkListIds", []))
        return web.Response(status=204)

    def _page(self, path: str) -> web.StreamResponse:
        offset = int(path.partition("offset=")[2].partition("&")[0])
        shown = [
            {"email": email, "attributes": contact.attributes, "listIds": sorted(contact.lists)}
            for email, contact in self.contacts.items()
        ]
        return web.json_response({"contacts": shown[offset : offset + 1_000], "count": len(shown)})

    def _remove(self, list_id: int, emails: list[str]) -> web.StreamResponse:
        members = [email for email in emails if email in self.contacts and list_id in self.contacts[email].lists]
        if not members:
            return error(400, "invalid_parameter", "Contact already in list and/or does not exist")
        for email in members:
            self.contacts[email].lists.discard(list_id)
        return web.json_response({"contacts": {"success": members, "failure": []}}, status=201)

    def _process(self, path: str) -> web.StreamResponse:
        if path == "/processes":
            shown = [{"id": number, "status": status} for number, status in self.imports.statuses.items()]
            return web.json_response({"processes": shown, "count": len(shown)})
        number = int(path.rpartition("/")[2])
        if self.imports.statuses.get(number) in ("queued", "in_process"):
            self.complete(number)
        reports = {"invalid_emails": f"{self.url}/report.csv" if self.imports.refused else None}
        answer = {"id": number, "name": "IMPORTUSER", "status": self.imports.statuses[number]}
        return web.json_response(answer | {"info": {"import": reports}})

    def complete(self, number: int) -> None:
        """Give an import its next status; a completed one has written its contacts."""
        self.imports.statuses[number] = self.imports.next_status
        body = self.imports.bodies[number]
        for row in body["jsonBody"] if self.imports.next_status == "completed" else ():
            if row["email"] not in self.imports.refused:
                contact = self.contacts.setdefault(row["email"], Contact())
                contact.attributes.update(row["attributes"])
                contact.lists.update(body["listIds"])

    async def report(self, request: web.Request) -> web.StreamResponse:
        """Addresses that no import took; nobody's key belongs here."""
        assert "api-key" not in request.headers
        return web.Response(text="EMAIL\n" + "\n".join(sorted(self.imports.refused)))

    def _list(self, list_id: int) -> web.StreamResponse:
        if list_id in self.missing_lists:
            return error(404, "document_not_found", "List ID does not exist")
        return web.json_response({"id": list_id, "name": f"List {list_id}"})

    def _refused(self, body: dict[str, Any], email: str) -> web.StreamResponse | None:
        """What Brevo does not take: lists that are not there, values it does not like, identifiers of others."""
        if self.refuse_contacts:
            return error(400, "invalid_parameter", "this is not accepted")
        if self.missing_lists & {*body.get("listIds", ()), *body.get("unlinkListIds", ())}:
            return error(400, "invalid_parameter", "List ID does not exist")
        values = dict(body.get("attributes", {})) | ({"EXT_ID": body["ext_id"]} if "ext_id" in body else {})
        for name, value in values.items():
            if self.refused_values.get(name) == value:
                return error(400, "invalid_parameter", self.refusal)
            if name in IDENTIFIERS and self._owner(name, value) not in (None, email):
                metadata = {"duplicate_identifiers": [name]}
                told = {"code": "duplicate_parameter", "message": "Unable to create contact", "metadata": metadata}
                return web.json_response(told, status=400)
        return None

    def _owner(self, name: str, value: Any) -> str | None:
        return next((email for email, contact in self.contacts.items() if contact.attributes.get(name) == value), None)

    def _by_identifier(self, call: Call, identifier: str) -> str | None:
        kind = call.path.partition("identifierType=")[2]
        name = next((name for name, identifier in IDENTIFIERS.items() if identifier == kind), None)
        return identifier if name is None else self._owner(name, identifier)

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
    app.router.add_route("*", "/v3/contacts", brevo.handle)
    app.router.add_post("/v3/contacts/import", brevo.handle)
    app.router.add_post("/v3/contacts/doubleOptinConfirmation", brevo.handle)
    app.router.add_post("/v3/contacts/lists/{list}/contacts/remove", brevo.handle)
    app.router.add_get("/v3/contacts/lists/{list}", brevo.handle)
    app.router.add_get("/v3/processes", brevo.handle)
    app.router.add_get("/v3/processes/{process}", brevo.handle)
    app.router.add_get("/v3/report.csv", brevo.report)
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


def first_calls(count: int, answer: web.Response | None = None, *, events: bool = False, reset: bool = False) -> Script:
    """Answer the first calls of a family so (or break their connection), the others as always."""
    numbers = itertools.count(1)

    async def script(call: Call) -> web.StreamResponse | None:
        if call.is_event is not events or next(numbers) > count:
            return None
        if reset:
            raise ConnectionResetError
        assert answer is not None
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    return script
