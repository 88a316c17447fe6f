"""Fixtures of the tests of the Zoom client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from processors.zoom.api.client import ZoomClient
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.setup import ClientSetup
from tests.support.zoom_server import ACCOUNT, NOW, Build, ZoomServer


@pytest.fixture
async def zoom() -> AsyncIterator[ZoomServer]:
    """A scripted Zoom on a free port."""
    scripted = ZoomServer()
    app = web.Application()
    app.router.add_post("/oauth/token", scripted.token)
    app.router.add_get("/v2/{path:.*}", scripted.api)
    app.router.add_get("/proxy/{path:.*}", scripted.api)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scripted.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield scripted
    await runner.cleanup()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session as the composition root makes it."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def registry() -> CollectorRegistry:
    """The figures of one test."""
    return CollectorRegistry()


@pytest.fixture
def build(zoom: ZoomServer, session: aiohttp.ClientSession, registry: CollectorRegistry) -> Build:
    """Makes clients for the scripted Zoom."""
    metrics = ZoomMetrics(registry)

    def make(**changes: Any) -> ZoomClient:
        settings: dict[str, Any] = {
            "plan": "business",
            "oauth_base_url": zoom.url,
            "metrics": metrics,
            "clock": lambda: NOW,
            "jitter": lambda: 0.0,
        }
        return ZoomClient(ACCOUNT, ClientSetup(session, **{**settings, **changes}))

    return make
