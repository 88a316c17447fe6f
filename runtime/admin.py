"""The admin port of both processes: liveness, readiness and metrics. It tells nothing about people.

A page in somebody's browser may make a name of its own point to this address (DNS rebinding), and read what an
operator can: so the port answers only under addresses, names without a dot, as hosts of a compose file or a cluster
have, and the names that it is given.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Middleware
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from runtime.addresses import is_address
from runtime.connections import ConnectionLimits
from runtime.guard import Guard
from runtime.listening import OpenPort, listen
from runtime.variables import Address

_LIMITS = ConnectionLimits(total=64, per_address=64)
"""Of probes and scrapers; descriptors for them are kept (`runtime.descriptors.RESERVED`)."""

AdminHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether work may be sent here."""

    ok: bool
    reasons: tuple[str, ...] = ()
    """Why not, for people; empty when ready."""


_REFUSED = {"ingress": "rollcall_ingress_admin_refused", "worker": "rollcall_worker_admin_refused"}
"""The metric of each process that counts what its port has refused."""


class AdminServer:
    """Serves `GET /health/live`, `/health/ready` and `/metrics`.

    Args:
        host: where to listen (`ADMIN_HOST`).
        port: `ADMIN_PORT`; 0 is any free one.
        process: whose it is; its metrics are named after it.
        live: false when the process makes no progress and should be restarted.
        ready: asked at every request to `/health/ready`; must not block.
        registry: the process's own metrics; what the port refuses is counted there too.
        names: under which it may be asked besides (`ADMIN_NAMES`), in lower case.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        process: Literal["ingress", "worker"],
        live: Callable[[], bool],
        ready: Callable[[], Readiness],
        registry: CollectorRegistry,
        names: Container[str] = frozenset(),
    ) -> None:
        self.port = port
        """The port that is open after `start`."""
        self._address = Address(host, port, "ADMIN_HOST", "ADMIN_PORT")
        self._live = live
        self._ready = ready
        self._registry = registry
        refused = Counter(
            _REFUSED[process],
            "What the admin port refused",
            ["reason"],
            registry=registry,
        )
        self._guard = Guard(_LIMITS, lambda reason: refused.labels(reason).inc())
        self._open: OpenPort | None = None
        app = web.Application(middlewares=[_only_as(names)])
        app.router.add_get("/health/live", self._answer_live)
        app.router.add_get("/health/ready", self._answer_ready)
        app.router.add_get("/metrics", self._answer_metrics)
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)

    async def start(self) -> None:
        """Open the port. Raises `ConfigurationError` when it is taken."""
        await self._runner.setup()
        try:
            self._open = await listen(self._runner, self._address, self._guard)
        except BaseException:
            await self._runner.cleanup()
            raise
        self.port = self._open.port

    async def stop(self) -> None:
        """Close the port; harmless when it is not open."""
        if self._open is not None:
            self._open.close()
        await self._runner.cleanup()

    async def _answer_live(self, _: web.Request) -> web.Response:
        live = self._live()
        return web.json_response({"status": "live" if live else "stuck"}, status=200 if live else 503)

    async def _answer_ready(self, _: web.Request) -> web.Response:
        readiness = self._ready()
        body = {"status": "ready" if readiness.ok else "unready", "reasons": list(readiness.reasons)}
        return web.json_response(body, status=200 if readiness.ok else 503)

    async def _answer_metrics(self, _: web.Request) -> web.Response:
        # The text format whatever `Accept` says: all scrapers take it, and what is not read cannot be wrong.
        text = generate_latest(self._registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def _only_as(names: Container[str]) -> Middleware:
    @web.middleware
    async def check(request: web.Request, handler: AdminHandler) -> web.StreamResponse:
        name = request.headers.get("Host", "").rpartition(":")[0] or request.headers.get("Host", "")
        name = name.strip("[]").rstrip(".").lower()
        if "." in name and not is_address(name) and name not in names:
            return web.json_response({"status": "not served under this name; set ADMIN_NAMES"}, status=421)
        return await handler(request)

    return check
