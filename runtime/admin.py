"""The admin port of both processes: liveness, readiness and metrics. It tells nothing about people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from runtime.environment import Address
from runtime.listening import listen


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether work may be sent here."""

    ok: bool
    reasons: tuple[str, ...] = ()
    """Why not, for people; empty when ready."""


class AdminServer:
    """Serves `GET /health/live`, `/health/ready` and `/metrics`.

    Args:
        host: where to listen (`ADMIN_HOST`).
        port: `ADMIN_PORT`; 0 is any free one.
        live: false when the process makes no progress and should be restarted.
        ready: asked at every request to `/health/ready`; must not block.
        registry: the process's own metrics.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        live: Callable[[], bool],
        ready: Callable[[], Readiness],
        registry: CollectorRegistry,
    ) -> None:
        self.port = port
        """The port that is open after `start`."""
        self._address = Address(host, port, "ADMIN_HOST", "ADMIN_PORT")
        self._live = live
        self._ready = ready
        self._registry = registry
        app = web.Application()
        app.router.add_get("/health/live", self._answer_live)
        app.router.add_get("/health/ready", self._answer_ready)
        app.router.add_get("/metrics", self._answer_metrics)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def start(self) -> None:
        """Open the port. Raises `ConfigurationError` when it is taken."""
        await self._runner.setup()
        try:
            self.port = await listen(self._runner, self._address)
        except BaseException:
            await self._runner.cleanup()
            raise

    async def stop(self) -> None:
        """Close the port; harmless when it is not open."""
        await self._runner.cleanup()

    async def _answer_live(self, _: web.Request) -> web.Response:
        live = self._live()
        return web.json_response({"status": "live" if live else "stuck"}, status=200 if live else 503)

    async def _answer_ready(self, _: web.Request) -> web.Response:
        readiness = self._ready()
        body = {"status": "ready" if readiness.ok else "unready", "reasons": list(readiness.reasons)}
        return web.json_response(body, status=200 if readiness.ok else 503)

    async def _answer_metrics(self, request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._registry), headers={"Content-Type": content_type})
