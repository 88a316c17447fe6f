"""HTTP around the sandbox's Zoom: the API and the token service."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus

import aiohttp
import orjson
from aiohttp import web

from sandbox.simulator.sender import sign
from sandbox.zoom.authorization import read_request
from sandbox.zoom.backend import ZoomBackend, ZoomOptions
from sandbox.zoom.control import BACKEND, MAX_STATE_BYTES, add_controls
from sandbox.zoom.errors import ZoomAnswer, ZoomError, unknown_endpoint
from sandbox.zoom.faults import ZoomFault
from sandbox.zoom.marketplace import not_validated
from sandbox.zoom.page import render_consent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHALLENGE_SECONDS = 3.0
"""How long a webhook URL has for its answer (https://developers.zoom.us/docs/api/webhooks/, checked 2026-11-21)."""


def build_app(options: ZoomOptions | None = None, *, clock: Callable[[], float] = time.time) -> web.Application:
    """The whole sandbox as an aiohttp application; its state is at ``app[BACKEND]``."""
    app = web.Application(client_max_size=MAX_STATE_BYTES)
    app[BACKEND] = ZoomBackend(options or ZoomOptions(), clock)
    app.router.add_post("/oauth/token", _token)
    app.router.add_post("/oauth/revoke", _revoke)
    app.router.add_get("/oauth/authorize", _consent_page)
    app.router.add_post("/oauth/authorize", _consent)
    add_controls(app)
    app.router.add_route("*", "/{tail:.*}", _api)
    return app


@asynccontextmanager
async def run_server(
    options: ZoomOptions | None = None, *, host: str = "127.0.0.1", port: int = 0, webhook_secret: str | None = None
) -> AsyncIterator[str]:
    """Serves until the block ends; gives the base URL (`ZOOM_OAUTH_BASE_URL`; the API is below `/v2`)."""
    app = build_app(options)
    if webhook_secret:
        app[BACKEND].state = app[BACKEND].state.model_copy(update={"webhook_secret": webhook_secret})
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        address = runner.addresses[0]
        yield f"http://{host}:{address[1]}"
    finally:
        await runner.cleanup()


async def serve(
    options: ZoomOptions | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    webhook_secret: str | None = None,
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serves until it is cancelled; `on_ready` hears the base URL once the port is open.

    Challenges are signed with `webhook_secret`; ``None``: with the sandbox's own.
    """
    async with run_server(options, host=host, port=port, webhook_secret=webhook_secret) as url:
        on_ready(url)
        await asyncio.Event().wait()


def _respond(answer: ZoomAnswer) -> web.Response:
    if isinstance(answer.body, str):
        return web.Response(status=answer.status, text=answer.body, content_type="text/html", headers=answer.headers)
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    return web.Response(
        status=answer.status, body=orjson.dumps(answer.body), content_type="application/json", headers=answer.headers
    )


def _credentials(request: web.Request) -> tuple[str, str] | None:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password


async def _form(request: web.Request) -> dict[str, str]:
    # Zoom takes the fields from the body as well as from the query.
    posted = parse_qsl((await request.read()).decode(errors="replace"), keep_blank_values=True)
    return dict(request.query) | dict(posted)


async def _disturb(request: web.Request, endpoint: str) -> tuple[ZoomFault | None, ZoomAnswer | None]:
    """The fault that hits this request, and the answer it gives instead of the true one."""
    backend = request.app[BACKEND]
    fault = backend.faults.next_for(endpoint, in_paging="next_page_token" in request.query)
    if fault is None:
        return None, None
    await asyncio.sleep(fault.delay_seconds)
    if fault.kind == "reset" and request.transport is not None:
        request.transport.abort()
        return fault, ZoomAnswer(503, {})
    if fault.kind in ("answer", "html", "expired_page"):
        return fault, fault.answer(backend.clock())
    return fault, None


async def _token(request: web.Request) -> web.Response:
    backend = request.app[BACKEND]
    _, wrong = await _disturb(request, "/oauth/token")
    answer = wrong or backend.token(_credentials(request), await _form(request), f"http://{request.host}")
    backend.requests[f"/oauth/token {answer.status}"] += 1
    return _respond(answer)


async def _revoke(request: web.Request) -> web.Response:
    backend = request.app[BACKEND]
    answer = backend.revoke(_credentials(request), await _form(request))
    backend.requests[f"/oauth/revoke {answer.status}"] += 1
    return _respond(answer)


async def _consent_page(request: web.Request) -> web.Response:
    backend = request.app[BACKEND]
    try:
        asked = read_request(request.query, backend.state.client_id)
    except ZoomError as error:
        return _respond(error.answer())
    return web.Response(
        text=render_consent(backend.state, asked.redirect_uri, backend.options.scopes), content_type="text/html"
    )


async def _consent(request: web.Request) -> web.Response:
    backend = request.app[BACKEND]
    try:
        asked = read_request(request.query, backend.state.client_id)
    except ZoomError as error:
        return _respond(error.answer())
    if (await request.post()).get("decision") != "allow":
        raise web.HTTPFound(asked.answer(error="access_denied"))
    raise web.HTTPFound(asked.answer(code=backend.authorizations.grant(asked, backend.clock())))


async def _change(request: web.Request, segments: tuple[str, ...]) -> web.Response:
    """`POST`, `PATCH`, `DELETE`; the URL of a new subscription has to answer a challenge first."""
    backend = request.app[BACKEND]
    endpoint = backend.endpoint_of(segments)
    _, wrong = await _disturb(request, endpoint)
    try:
        body = orjson.loads(await request.read() or b"{}")
    except orjson.JSONDecodeError:
        body = {}
    url = body.get("event_webhook_url") if isinstance(body, dict) else None
    if wrong is None and request.method == "POST" and isinstance(url, str):
        wrong = await _challenge(url, backend.state.webhook_secret, backend.clock())
    authorization = request.headers.get("Authorization")
    query = list(request.query.items())
    answer = wrong or backend.change(request.method, segments, query, body, authorization)
    backend.requests[f"{request.method} {endpoint} {answer.status}"] += 1
    return _respond(answer)


async def _challenge(url: str, secret: str, now: float) -> ZoomAnswer | None:
    """What Zoom answers where the URL does not prove that it holds the secret."""
    plain = secrets.token_urlsafe(16)
    event = {"payload": {"plainToken": plain}, "event_ts": int(now * 1_000), "event": "endpoint.url_validation"}
    body, timestamp = orjson.dumps(event), str(int(now))
    headers = {
        "content-type": "application/json",
        "x-zm-request-timestamp": timestamp,
        "x-zm-signature": sign(secret, timestamp, body),
    }
    wanted = hmac.new(secret.encode(), plain.encode(), "sha256").hexdigest()
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CHALLENGE_SECONDS)) as session,
            session.post(url, data=body, headers=headers) as response,
        ):
            if response.status == 200 and (await response.json()).get("encryptedToken") == wanted:
                return None
    except (aiohttp.ClientError, TimeoutError, ValueError):
        pass
    return not_validated(url).answer()


async def _api(request: web.Request) -> web.Response:
    backend = request.app[BACKEND]
    # The raw path: aiohttp's own `path` is decoded once, which is the very difference that matters for uuids.
    path, _, query_text = request.raw_path.partition("?")
    segments = tuple(path.split("/")[2:])
    if not path.startswith("/v2/"):
        return _respond(unknown_endpoint().answer())
    if request.method != "GET":
        return await _change(request, segments)
    endpoint = backend.endpoint_of(segments)
    fault, wrong = await _disturb(request, endpoint)
    query = [(unquote_plus(k), unquote_plus(v)) for k, _, v in (p.partition("=") for p in query_text.split("&") if p)]
    answer = wrong or backend.get(segments, query, request.headers.get("Authorization"), fault)
    backend.requests[f"{endpoint} {answer.status}"] += 1
    return _respond(answer)
