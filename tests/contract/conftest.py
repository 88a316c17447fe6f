"""Fixtures of more than one test of the sandboxes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.brevo import Options, serving
from sandbox.zoom.backend import ZoomOptions
from tests.support.brevo_client import KEY, Client
from tests.support.zoom_paths import Zoom, start


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A client of a demo account whose limits are out of the way."""
    options = Options(api_key=KEY, limit_factor=1000, import_seconds=0.05).with_demo()
    async with serving(options) as brevo, aiohttp.ClientSession(headers={"api-key": KEY}) as session:
        yield Client(session, brevo)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def zoom(session: aiohttp.ClientSession) -> AsyncIterator[Zoom]:
    """A sandbox with default options."""
    zoom = await start(ZoomOptions(), session)
    yield zoom
    await zoom.server.close()
