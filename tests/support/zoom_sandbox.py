"""A sandbox Zoom on a free port, and clients of it, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from processors.zoom.api.client import ZoomClient
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.setup import ClientSetup
from runtime.models import ZoomAccount
from sandbox.zoom.backend import ZoomBackend, ZoomOptions
from sandbox.zoom.control import BACKEND
from sandbox.zoom.server import build_app
from sandbox.zoom.state import ZoomState


def account_of(state: ZoomState) -> ZoomAccount:
    """The configuration of an account that the sandbox knows."""
    return ZoomAccount.model_validate(
        {"account_id": state.account_id, "client_id": state.client_id, "client_secret": state.client_secret}
    )


@dataclass
class SandboxZoom:
    """The sandbox behind its address, and a client of its account."""

    backend: ZoomBackend
    url: str
    client: ZoomClient


@asynccontextmanager
async def sandbox_zoom(state: ZoomState, options: ZoomOptions | None = None) -> AsyncIterator[SandboxZoom]:
    """Serve `state` with a business plan's limits, unless told otherwise."""
    app = build_app(options or ZoomOptions(plan="business"))
    app[BACKEND].state = state
    server = TestServer(app)
    await server.start_server()
    try:
        async with aiohttp.ClientSession() as session:
            url = str(server.make_url("/")).rstrip("/")
            metrics = ZoomMetrics(CollectorRegistry())
            setup = ClientSetup(session, "business", url, metrics, jitter=lambda: 0.0)
            yield SandboxZoom(app[BACKEND], url, ZoomClient(account_of(state), setup))
    finally:
        await server.close()
