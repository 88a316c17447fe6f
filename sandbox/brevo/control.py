"""`/_sandbox` for tests and `/` for people: what the sandbox holds, faults, and a person's click."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

import orjson
from aiohttp import web
from pydantic import ValidationError

from sandbox.brevo.answers import BrevoAnswer, RefusedError, invalid
from sandbox.brevo.faults import BrevoFault
from sandbox.brevo.page import render
from sandbox.brevo.snapshot import snapshot
from sandbox.brevo.state import BrevoState
from sandbox.brevo.webhooks import Happening


class _Control:
    def __init__(self, state: BrevoState, deliver: Callable[[], None]) -> None:
        self.state = state
        self._deliver = deliver

    async def page(self, _request: web.Request) -> web.Response:
        """For people."""
        return web.Response(text=render(_web_file("brevo.html"), snapshot(self.state)), content_type="text/html")

    async def style(self, _request: web.Request) -> web.Response:
        """The page's style sheet."""
        return web.Response(text=_web_file("brevo.css"), content_type="text/css")

    async def show(self, _request: web.Request) -> web.Response:
        """Everything that the sandbox holds."""
        return json_response(BrevoAnswer(200, snapshot(self.state)), {})

    async def reset(self, _request: web.Request) -> web.Response:
        """An account as new."""
        self.state.reset()
        return web.Response(status=204)

    async def show_faults(self, _request: web.Request) -> web.Response:
        """Faults that are on."""
        return json_response(BrevoAnswer(200, {"faults": self.state.faults.shown()}), {})

    async def add_fault(self, request: web.Request) -> web.Response:
        """Switch a fault on."""
        try:
            self.state.faults.add(BrevoFault.model_validate_json(await request.read()))
        except ValidationError as error:
            return web.Response(status=400, text=str(error))
        return web.Response(status=204)

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """Switch all faults off."""
        self.state.faults.clear()
        return web.Response(status=204)

    async def confirm(self, request: web.Request) -> web.Response:
        """A person follows the link in the confirmation mail: `{"email": …}`."""
        try:
            self.state.store.mails.confirm(_email(await request.read()), self.state.now())
        except RefusedError as refused:
            return json_response(refused.answer(), {})
        return web.Response(status=204)

    async def unsubscribe(self, request: web.Request) -> web.Response:
        """A person follows the unsubscribe link of a campaign: `{"email": …}`."""
        return self._refuse_mails("unsubscribed", await request.read())

    async def bounce(self, request: web.Request) -> web.Response:
        """A campaign's mail to a person cannot be delivered, ever: `{"email": …}`."""
        return self._refuse_mails("hardBounce", await request.read())

    def _refuse_mails(self, happening: Happening, raw: bytes) -> web.Response:
        store = self.state.store
        try:
            contact = store.contacts.get(_email(raw), "email_id")
        except RefusedError as refused:
            return json_response(refused.answer(), {})
        contact.email_blacklisted = True
        store.webhooks.tell(happening, contact.email or "", self.state.now())
        self._deliver()
        return web.Response(status=204)

    async def report(self, request: web.Request) -> web.Response:
        """Addresses that an import could not take."""
        try:
            process = self.state.store.processes.get(int(request.match_info["process_id"]))
        except RefusedError as refused:
            return json_response(refused.answer(), {})
        addresses = process.left_out.get(request.match_info["report"], ())
        text = io.StringIO()
        csv.writer(text).writerows([["EMAIL"], *([address] for address in addresses)])
        return web.Response(text=text.getvalue(), content_type="text/csv")

    async def unknown(self, request: web.Request) -> web.Response:
        """A path of neither side."""
        why = "Brevo's paths begin with /v3"
        self.state.calls.refused.append({"method": request.method, "path": request.path, "why": why})
        return json_response(RefusedError(404, "not_found", why).answer(), {})


def _web_file(name: str) -> str:
    return (Path(__file__).parents[1] / "web" / name).read_text()


def _email(raw: bytes) -> str:
    try:
        return str(orjson.loads(raw)["email"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise invalid('Send {"email": …}') from None


def control_routes(state: BrevoState, deliver: Callable[[], None]) -> list[web.RouteDef]:
    """Everything outside `/v3`; to be added last, since it catches what nobody else takes.

    `deliver` sends what the account's webhooks are to be told.
    """
    control = _Control(state, deliver)
    return [
        web.get("/", control.page),
        web.get("/_sandbox/brevo.css", control.style),
        web.get("/_sandbox/state", control.show),
        web.delete("/_sandbox/state", control.reset),
        web.get("/_sandbox/faults", control.show_faults),
        web.post("/_sandbox/faults", control.add_fault),
        web.delete("/_sandbox/faults", control.clear_faults),
        web.post("/_sandbox/confirmations", control.confirm),
        web.post("/_sandbox/unsubscriptions", control.unsubscribe),
        web.post("/_sandbox/bounces", control.bounce),
        web.get("/_sandbox/processes/{process_id:[0-9]+}/{report:[a-z_]+}.csv", control.report),
        web.route("*", "/{tail:.*}", control.unknown),
    ]


def json_response(answer: BrevoAnswer, headers: Mapping[str, str]) -> web.Response:
    """An answer on the wire; without a body it has no content type either."""
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    body = orjson.dumps(answer.body)
    return web.Response(status=answer.status, headers=headers, body=body, content_type="application/json")
