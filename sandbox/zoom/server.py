"""HTTP around the sandbox's Zoom: the API, the token service, the controls under `/_sandbox` and a page to look at."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus

import aiohttp
import orjson
from aiohttp import web
from pydantic import ValidationError

from sandbox.simulator.sender import sign
from sandbox.zoom.authorization import read_request
from sandbox.zoom.backend import ZoomBackend, ZoomOptions
from sandbox.zoom.errors import ZoomAnswer, ZoomError, unknown_endpoint
from sandbox.zoom.faults import ZoomFault
from sandbox.zoom.marketplace import not_validated
from sandbox.zoom.page import render, render_consent
from sandbox.zoom.state import ZoomState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BACKEND = web.AppKey("backend", ZoomBackend)
CHALLENGE_SECONDS = 3.0
"""How long a webhook URL has for its answer (https://developers.zoom.us/docs/api/webhooks/, checked 2026-11-21)."""
_MAX_STATE_BYTES = 256 * 1_048_576


def build_app(options: ZoomOptions | None = None, *, clock: Callable[[], float] = time.time) -> web.Application:
    """The whole sandbox as an aiohttp application; its state is at ``app[BACKEND]``."""
    app = web.Application(client_max_size=_MAX_STATE_BYTES)
    app[BACKEND] = ZoomBackend(options or ZoomOptions(), clock)
    app.router.add_get("/", _page)
    app.router.add_post("/oauth/token", _token)
    app.router.add_post("/oauth/revoke", _revoke)
    app.router.add_get("/oauth/authorize", _consent_page)
    app.router.add_post("/oauth/authorize", _consent)
    app.router.add_get("/_sandbox/state", _show_state)
    app.router.add_put("/_sandbox/state", _replace_state)
    app.router.add_post("/_sandbox/state", _add_state)
    app.router.add_delete("/_sandbox/state", _reset)
    app.router.add_get("/_sandbox/requests", _show_requests)
    app.router.add_get("/_sandbox/faults", _show_faults)
    app.router.add_post("/_sandbox/faults", _add_fault)
    app.router.add_delete("/_sandbox/faults", _clear_faults)
    app.router.add_post("/_sandbox/expire", _expire)
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


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


async def _show_state(request: web.Request) -> web.Response:
    return _json(request.app[BACKEND].state.model_dump(mode="json"))


async def _read_state(request: web.Request) -> ZoomState:
    try:
        return ZoomState.model_validate_json(await request.read())
    except ValidationError as error:
        raise web.HTTPBadRequest(text=str(error)) from error


async def _replace_state(request: web.Request) -> web.Response:
    backend = request.app[BACKEND]
    backend.state = await _read_state(request)
    return _json({"sessions": len(backend.state.sessions)})


async def _add_state(request: web.Request) -> web.Response:
    backend = request.app[BACKEND]
    backend.state = backend.state.merged(await _read_state(request))
    return _json({"sessions": len(backend.state.sessions)})


async def _reset(request: web.Request) -> web.Response:
    request.app[BACKEND].reset()
    return _json({"sessions": 0})


async def _show_requests(request: web.Request) -> web.Response:
    return _json(dict(sorted(request.app[BACKEND].requests.items())))


async def _show_faults(request: web.Request) -> web.Response:
    return _json(request.app[BACKEND].faults.listing())


async def _add_fault(request: web.Request) -> web.Response:
    try:
        fault = ZoomFault.model_validate_json(await request.read())
    except ValidationError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    request.app[BACKEND].faults.add(fault)
    return _json(request.app[BACKEND].faults.listing(), 201)


async def _clear_faults(request: web.Request) -> web.Response:
    request.app[BACKEND].faults.clear()
    return _json([])


async def _expire(request: web.Request) -> web.Response:
    """`{"what": "access_tokens" | "page_tokens"}`: those given out so far end now."""
    backend = request.app[BACKEND]
    expire = {"access_tokens": backend.tokens.expire_all, "page_tokens": backend.pages.expire_all}
    what = (await request.json()).get("what")
    if what not in expire:
        raise web.HTTPBadRequest(text=f"expire what? One of {', '.join(expire)}.")
    expire[what]()
    return _json({"expired": what})


async def _page(request: web.Request) -> web.Response:
    backend = request.app[BACKEND]
    return web.Response(
        text=render(backend.state, dict(backend.requests), backend.faults.listing()), content_type="text/html"
    )
