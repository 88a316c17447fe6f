"""How people and tests steer the sandbox's Zoom: the controls under `/_sandbox`, and a page to look at."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web
from pydantic import ValidationError

from sandbox.zoom.backend import ZoomBackend
from sandbox.zoom.faults import ZoomFault
from sandbox.zoom.page import render
from sandbox.zoom.state import ZoomState

MAX_STATE_BYTES = 256 * 1_048_576
BACKEND = web.AppKey("backend", ZoomBackend)


def add_controls(app: web.Application) -> None:
    """Serve them and the page; the state is at ``app[BACKEND]``."""
    app.router.add_get("/", _page)
    app.router.add_get("/_sandbox/state", _show_state)
    app.router.add_put("/_sandbox/state", _replace_state)
    app.router.add_post("/_sandbox/state", _add_state)
    app.router.add_delete("/_sandbox/state", _reset)
    app.router.add_get("/_sandbox/requests", _show_requests)
    app.router.add_get("/_sandbox/faults", _show_faults)
    app.router.add_post("/_sandbox/faults", _add_fault)
    app.router.add_delete("/_sandbox/faults", _clear_faults)
    app.router.add_post("/_sandbox/expire", _expire)


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
