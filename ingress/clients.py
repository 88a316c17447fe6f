"""Bounds how many requests one client has under way behind a proxy, whose connections are many clients' in one.

Only with `INGRESS_TRUSTED_PROXIES`: without it the limit of connections for each address does the same
(`runtime/connections.py`), and `X-Forwarded-For` is anybody's invention.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from runtime.addresses import Network, client_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def at_most(
    under_way: int, proxies: tuple[Network, ...], refuse: Callable[[web.Request], web.StreamResponse]
) -> Middleware:
    """A middleware that answers a client's requests with `refuse` while so many of its own are under way."""
    counts: dict[str, int] = {}

    @web.middleware
    async def bounded(request: web.Request, handler: Handler) -> web.StreamResponse:
        forwarded_for = request.headers.getall("X-Forwarded-For", [])
        client = client_of(request.remote or "", forwarded_for, proxies)
        if counts.get(client, 0) >= under_way:
            return refuse(request)
        counts[client] = counts.get(client, 0) + 1
        try:
            return await handler(request)
        finally:
            counts[client] -= 1
            if not counts[client]:
                del counts[client]

    return bounded
