"""Leads a request to the handler of its path.

aiohttp's own router, its match and its signals cost more per request than verifying a delivery does. There are few
paths, all of them known at the start and all for POST, so a dict will do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web
from yarl import URL

PathHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Paths:
    """A handler for `web.Server`: itself, it answers what no path is for."""

    def __init__(self) -> None:
        self._handlers: dict[str, PathHandler] = {}

    def add_post(self, path: str, handler: PathHandler) -> None:
        """Add a path, quoted as in a URL; however a client quotes it, it is the same path."""
        self._handlers[URL(path, encoded=True).path_safe] = handler

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer of the path's handler; 404 and 405 come before anything else is looked at."""
        handler = self._handlers.get(request.rel_url.path_safe)
        if handler is None:
            return web.json_response({"status": "not found"}, status=404)
        if request.method != hdrs.METH_POST:
            return web.json_response({"status": "POST only"}, status=405, headers={hdrs.ALLOW: hdrs.METH_POST})
        return await handler(request)
