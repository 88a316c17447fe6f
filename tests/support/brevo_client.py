"""Calls to the sandbox's Brevo, with its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.brevo import RunningBrevo

KEY = "xkeysib-test"
MAYA = "maya.okafor@example.com"
NOOR = "noor.haddad@example.com"
Json = dict[str, Any]


@dataclass(frozen=True)
class Client:
    """Calls the sandbox with its key."""

    session: aiohttp.ClientSession
    brevo: RunningBrevo

    async def call(self, method: str, path: str, body: Json | None = None) -> tuple[int, Any]:
        """Status and JSON (``None`` for an empty body) of one call."""
        async with self.session.request(method, f"{self.brevo.address}{path}", json=body) as response:
            raw = await response.read()
            return response.status, await response.json() if raw else None

    async def fault(self, **fault: object) -> None:
        """Switch a fault on."""
        assert (await self.call("POST", "/_sandbox/faults", fault))[0] == 204

    async def state(self) -> Json:
        """What the sandbox holds."""
        _, state = await self.call("GET", "/_sandbox/state")
        assert isinstance(state, dict)
        return state


def campaign(**changes: object) -> Json:
    """A campaign that Brevo takes."""
    return {
        "name": "Recording",
        "subject": "It is there",
        "sender": {"id": 3},
        "templateId": 41,
        "recipients": {"listIds": [16], "exclusionListIds": [18]},
        "params": {"share_url": "https://zoom.example.com/rec/share/INVENTED"},
        **changes,
    }
