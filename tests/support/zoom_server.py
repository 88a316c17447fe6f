"""A Zoom on a free port that answers as a script says, for tests of the client."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from processors.zoom.api.client import ZoomClient
from runtime.models import ZoomAccount

SECRET = "client-secret-of-a-test"
ACCOUNT = ZoomAccount.model_validate({"account_id": "acc", "client_id": "cid", "client_secret": SECRET})
NOW = 1_786_543_200.0  # 2026-08-12T14:00:00Z
PER_SECOND = "You have reached the maximum per-second rate limit for this API. Try again later."
Build = Callable[..., ZoomClient]
"""Makes a client for the server; by name what differs from its usual settings."""


@dataclass
class Reply:
    """One scripted answer."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class ZoomServer:
    """Answers API calls with a script, in order, and hands out numbered tokens."""

    def __init__(self) -> None:
        self.script: deque[Reply] = deque()
        self.token_script: deque[Reply] = deque()
        self.raw_paths: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.bearers: list[str] = []
        self.tokens: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.stale: set[str] = set()
        self.gate: asyncio.Event | None = None
        self.url = ""

    def will(self, *replies: Reply) -> None:
        """Add answers."""
        self.script.extend(replies)

    async def token(self, request: web.Request) -> web.Response:
        """`POST /oauth/token`."""
        if self.gate is not None:
            await self.gate.wait()
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append({"authorization": request.headers["Authorization"], **form})
        if self.token_script:
            reply = self.token_script.popleft()
            return web.json_response(reply.body, status=reply.status, headers=reply.headers)
        secret = f"token-{len(self.tokens)}"
        self.tokens.append(secret)
        return web.json_response(
            {"access_token": secret, "expires_in": 3599, "scope": "user:read:admin", "api_url": self.url}
        )

    async def api(self, request: web.Request) -> web.Response:
        """Any call below `/v2`."""
        bearer = request.headers["Authorization"].removeprefix("Bearer ")
        self.raw_paths.append(request.raw_path)
        self.queries.append(dict(request.query))
        self.bearers.append(bearer)
        if bearer in self.stale:
            return web.json_response({"code": 124, "message": "Access token is expired."}, status=401)
        reply = self.script.popleft()
        if isinstance(reply.body, bytes):
            return web.Response(body=reply.body, status=reply.status, headers=reply.headers)
        return web.json_response(reply.body, status=reply.status, headers=reply.headers)


def page(key: str, rows: list[dict[str, Any]], token: str = "") -> Reply:
    """One page of a list."""
    return Reply({key: rows, "page_size": 300, "next_page_token": token})
