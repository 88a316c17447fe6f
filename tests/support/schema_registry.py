"""A Schema Registry as its API is documented, as far as `rollcall schemas register` needs it.

https://docs.confluent.io/platform/current/schema-registry/develop/api.html, checked 2026-11-27.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from ops.compatibility import breaks

_TYPE = "application/vnd.schemaregistry.v1+json"


@dataclass
class Registry:
    """Versions by subject, and the mode of each."""

    subjects: dict[str, list[str]] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    async def put_config(self, request: web.Request) -> web.Response:
        """`PUT /config/{subject}`."""
        body = await _body(request)
        self.modes[request.match_info["subject"]] = body["compatibility"]
        return web.json_response(body, content_type=_TYPE)

    async def post_version(self, request: web.Request) -> web.Response:
        """`POST /subjects/{subject}/versions`; a schema that is there keeps its id."""
        subject, body = request.match_info["subject"], await _body(request)
        if body.get("schemaType") != "JSON":
            return _refused(422, 42201, "Invalid schema")
        text = body["schema"]
        known = self.subjects.setdefault(subject, [])
        if text not in known:
            # FORWARD: the last schema's readers take what the new one's writers send. Ours is stricter, never laxer.
            if known and breaks(json.loads(known[-1]), json.loads(text)):
                return _refused(409, 409, "Schema being registered is incompatible with an earlier schema")
            known.append(text)
        return web.json_response({"id": self.ids.setdefault(text, len(self.ids) + 1)}, content_type=_TYPE)


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type != _TYPE:
        raise web.HTTPUnsupportedMediaType
    body: dict[str, Any] = await request.json()
    return body


def _refused(status: int, code: int, message: str) -> web.Response:
    return web.json_response({"error_code": code, "message": message}, status=status, content_type=_TYPE)


@asynccontextmanager
async def serving(registry: Registry) -> AsyncIterator[str]:
    """The registry's URL."""
    app = web.Application(client_max_size=4 * 2**20)
    app.router.add_put("/config/{subject}", registry.put_config)
    app.router.add_post("/subjects/{subject}/versions", registry.post_version)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield str(site.name)
    finally:
        await runner.cleanup()
