"""Attacks by answers: what a hostile server in Zoom's or Brevo's place does to the process that asked it.

Each runs the real client in a process of its own, so that memory and stalls are its own: `python -m
tests.attacks.answers NAME URL` is that process.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from processors.brevo.api.client import BrevoClient
from processors.zoom.api import requests
from processors.zoom.api.client import ZoomClient
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.setup import ClientSetup
from runtime.models import ZoomAccount
from runtime.outcome import NoAnswer
from tests.support.hostile import MEBIBYTE, Behaviour, explode, hostile_server, pages, stream

MOST_MEMORY_MIB, MOST_STALL_SECONDS, MOST_SECONDS = 200.0, 1.0, 60.0
_TICK_SECONDS = 0.01
_ACCOUNT = ZoomAccount.model_validate({"account_id": "acc", "client_id": "cid", "client_secret": "invented-secret"})


@dataclass(frozen=True, slots=True)
class AnswerAttack:
    """One row of the table."""

    name: str
    before: str
    """What it did to a process without the limits."""
    behaviour: Behaviour
    ask: str
    """One of `ASKERS`."""
    comes_to: str
    """What the caller is told."""
    gives_tokens: bool = True


@dataclass(frozen=True, slots=True)
class Cost:
    """What one attack cost the process that asked."""

    came: str
    memory_mib: float
    stall_seconds: float
    """The longest time in which nothing else in the process got its turn."""
    seconds: float

    def fault(self, attack: AnswerAttack) -> str:
        """Why the limits did not hold; ``""``: they did."""
        faults = {
            f"it came to {self.came}": self.came != attack.comes_to,
            "memory": self.memory_mib > MOST_MEMORY_MIB,
            "a stall": self.stall_seconds > MOST_STALL_SECONDS,
            "time": self.seconds > MOST_SECONDS,
        }
        return ", ".join(name for name, is_bad in faults.items() if is_bad)


async def _long_message(_: web.Request) -> web.StreamResponse:
    return web.json_response({"code": 3001, "message": "a" * 3 * MEBIBYTE}, status=404)


async def _deep(_: web.Request) -> web.StreamResponse:
    return web.Response(body=b'{"id":' * 2 * MEBIBYTE, content_type="application/json")


async def _for_years(_: web.Request) -> web.StreamResponse:
    return web.json_response({}, status=503, headers={"Retry-After": "99999999999"})


ATTACKS = (
    AnswerAttack("Zoom answers 2 MB of gzip that hold 2 GiB", "2 GiB, or killed", explode, "session", "retry"),
    AnswerAttack("Zoom answers without an end", "memory until killed", stream, "session", "retry"),
    AnswerAttack("Zoom's token service answers a bomb", "2 GiB, or killed", explode, "session", "retry", False),
    AnswerAttack("Zoom's list leads to ever new pages", "292 MiB in 45 s, no end", pages(MEBIBYTE), "users", "foreign"),
    AnswerAttack("3 MB of letters as Zoom's message", "hours of a stopped worker", _long_message, "session", "missing"),
    AnswerAttack("JSON 2,000,000 levels deep", "held", _deep, "session", "foreign"),
    AnswerAttack("Retry-After of 3,000 years", "asleep for ever", _for_years, "session", "retry, 86400 s"),
    AnswerAttack("Brevo answers 2 MB of gzip that hold 2 GiB", "2 GiB, or killed", explode, "contact", "reset"),
    AnswerAttack("an import's report without an end", "its first bytes, taken for all", stream, "report", "not read"),
)


async def cost_of(attack: AnswerAttack) -> Cost:
    """Run it against a process of its own."""
    async with hostile_server() as server:
        server.behaviour, server.gives_tokens = attack.behaviour, attack.gives_tokens
        command = (sys.executable, "-m", "tests.attacks.answers", attack.ask, server.url)
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        output, _ = await asyncio.wait_for(process.communicate(), 2 * MOST_SECONDS)
        return Cost(**json.loads(output)) if process.returncode == 0 else Cost("its end", 0, 0, 0)


async def _zoom(url: str, ask: Callable[[ZoomClient], Awaitable[object]]) -> str:
    async with aiohttp.ClientSession() as session:
        setup = ClientSetup(session, "business", url, ZoomMetrics(CollectorRegistry()))
        came = await ask(ZoomClient(_ACCOUNT, setup))
    if not isinstance(came, NoAnswer):
        return "done"
    return came.outcome + ("" if came.after_seconds is None else f", {came.after_seconds:.0f} s")


async def _brevo(url: str, ask: Callable[[BrevoClient], Awaitable[str]]) -> str:
    client = BrevoClient(SecretStr("xkeysib-invented"), url)
    try:
        return await ask(client)
    finally:
        await client.close()


async def _contact(client: BrevoClient, _: str) -> str:
    return (await client.read_contact("maya.okafor@example.com")).failure or "an answer"


async def _report(client: BrevoClient, url: str) -> str:
    return "not read" if await client.read_report(f"{url}/report.csv") is None else "read"


ASKERS: Mapping[str, Callable[[str], Awaitable[str]]] = {
    "session": lambda url: _zoom(url, lambda client: client.details("webinar", "93577204816")),
    "users": lambda url: _zoom(url, lambda client: client.rows(requests.users("active"))),
    "contact": lambda url: _brevo(url, lambda client: _contact(client, url)),
    "report": lambda url: _brevo(url, lambda client: _report(client, url)),
}


async def _measured(ask: Callable[[], Awaitable[str]]) -> Cost:
    stall = 0.0

    async def tick() -> None:
        nonlocal stall
        while True:
            began = time.monotonic()
            await asyncio.sleep(_TICK_SECONDS)
            stall = max(stall, time.monotonic() - began - _TICK_SECONDS)

    ticking = asyncio.create_task(tick())
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    came = await ask()
    seconds = time.monotonic() - began
    await asyncio.sleep(2 * _TICK_SECONDS)
    ticking.cancel()
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1_024
    return Cost(came, round(memory, 1), round(stall, 3), round(seconds, 2))


def main() -> None:
    """The process that asks: what it cost, as JSON."""
    name, url = sys.argv[1:]
    cost = asyncio.run(_measured(lambda: ASKERS[name](url)))
    facts = {field: getattr(cost, field) for field in Cost.__slots__}
    print(json.dumps(facts))  # noqa: T201 (the result)


if __name__ == "__main__":
    main()
