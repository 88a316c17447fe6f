"""The console's HTTP application: its routes, and what every request passes on its way to them."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Middleware

from console.acting import Acting
from console.acts_pages import ActsPages
from console.following import Following
from console.gate import Gate
from console.live import LivePages
from console.operations_pages import OperationsPages
from console.people_pages import PeoplePages
from console.protection import ACCOUNT, PageHandler, from_our_forms, headers, under_our_names
from console.rendering import HERE, Pages
from console.score_pages import ScorePages
from readmodel.database import Database
from runtime.foreign_text import redact
from schemas.errors import ConfigurationError, RetryLaterError

_OPEN = ("/health/ready", "/sign-in", "/console.css", "/live.js")
_LARGEST_FORM = 16_384
_LONGEST_NAME = 65
"""Longer than any account's: what is tried is remembered for a while."""
_REFUSALS = {
    "wrong": "The name or the password is wrong.",
    "no_accounts": "Nobody can sign in yet.",
    "unusable_file": "The password file cannot be used; the console's log says why.",
}


def build_app(url: str, database: Database, following: Following, gate: Gate, acting: Acting) -> web.Application:
    """Everything composed; `url` as `ConsoleEnvironment.url`."""
    pages = Pages(gate)
    app = web.Application(
        client_max_size=_LARGEST_FORM,
        middlewares=[
            under_our_names(url), _told_in_pages(pages), _signed_in_alone(gate),
            from_our_forms(gate),
        ],
    )  # fmt: skip
    app.on_response_prepare.append(headers(url))
    live = LivePages(database)
    app.on_shutdown.append(live.close)
    doors = Doors(gate, pages)
    acts = ActsPages(database, pages, acting)
    app.on_cleanup.append(acts.doings.finish)
    app.add_routes(
        [
            web.get("/health/ready", _ready),
            web.get("/console.css", _static("console.css")),
            web.get("/live.js", _static("live.js")),
            web.get("/live", live.stream),
            web.get("/sign-in", doors.show),
            web.post("/sign-in", doors.sign_in),
            web.post("/sign-out", doors.sign_out),
            *PeoplePages(database, pages).routes(),
            *ScorePages(database, pages).routes(),
            *OperationsPages(database, pages, following).routes(),
            *acts.routes(),
        ]
    )
    return app


class Doors:
    """Signing in and out."""

    def __init__(self, gate: Gate, pages: Pages) -> None:
        self._gate = gate
        self._pages = pages

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The form."""
        return self._form(request)

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """Check a name and a password."""
        fields = await request.post()
        name = str(fields.get("name", "")).strip().lower()[:_LONGEST_NAME]
        password = str(fields.get("password", ""))
        if wait := self._gate.wait_seconds(request, name):
            response = self._form(request, f"Too many attempts: try again in {wait} seconds.", 429)
            response.headers["Retry-After"] = str(wait)
            return response
        word, refusal = await self._gate.sign_in(name, password)
        if refusal:
            return self._form(request, _REFUSALS[refusal], 401 if refusal == "wrong" else 503)
        response = web.Response(status=303, headers={"Location": "/sessions"})
        self._gate.set_word(response, word)
        return response

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        """End it."""
        response = web.Response(status=303, headers={"Location": "/sign-in"})
        self._gate.sign_out(request, response)
        return response

    def _form(self, request: web.Request, problem: str = "", status: int = 200) -> web.Response:
        has_accounts = self._gate.has_accounts
        return self._pages.page(request, "sign_in.html", status=status, problem=problem, has_accounts=has_accounts)


async def _ready(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"status": "ready"})


def _static(name: str) -> PageHandler:
    async def send(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(HERE / "static" / name, headers={"Cache-Control": "max-age=300"})

    return send


def _signed_in_alone(gate: Gate) -> Middleware:
    @web.middleware
    async def check(request: web.Request, handler: PageHandler) -> web.StreamResponse:
        account = gate.account(request)
        if account is not None:
            request[ACCOUNT] = account
        elif request.path not in _OPEN:
            raise web.HTTPSeeOther("/sign-in")
        return await handler(request)

    return check


def _told_in_pages(pages: Pages) -> Middleware:
    """Errors as pages with a way on."""

    @web.middleware
    async def tell(request: web.Request, handler: PageHandler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPSeeOther as redirect:
            return web.Response(status=redirect.status, headers={"Location": str(redirect.location)})
        except web.HTTPNotFound:
            status, told = 404, "There is no such page, or what it was about is no longer kept."
        except (web.HTTPBadRequest, web.HTTPForbidden) as error:
            status, told = error.status, error.text or ""
        except web.HTTPException as error:
            status, told = error.status, error.reason
        except ConfigurationError as error:
            status, told = 400, redact(str(error))
        except RetryLaterError as error:
            status, told = 503, redact(str(error))
        return pages.page(request, "error.html", status=status, told=told)

    return tell
