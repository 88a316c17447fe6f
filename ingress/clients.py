"""Bounds how many requests one client has under way behind a proxy, whose connections are many clients' in one.

Only with `INGRESS_TRUSTED_PROXIES`: without it the limit of connections for each address does the same
(`runtime/connections.py`), and `X-Forwarded-For` is anybody's invention.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from ingress.paths import PathHandler
from runtime.addresses import Network, client_of


def at_most(
    under_way: int,
    proxies: tuple[Network, ...],
    handler: PathHandler,
    refuse: Callable[[web.BaseRequest], web.StreamResponse],
) -> PathHandler:
    """The handler, or `refuse` for a client of whose requests so many are under way."""
    counts: dict[str, int] = {}

    async def bounded(request: web.BaseRequest) -> web.StreamResponse:
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
