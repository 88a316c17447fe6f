"""One complete installation on this machine: sandbox Zoom and Brevo, ingress and worker, over a running Kafka."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from ops.demo.children import Child, running
from ops.demo.wiring import LIMIT_FACTOR, DemoPace, Wiring
from sandbox.brevo.server import serving
from sandbox.brevo.store import Options
from sandbox.kafka import free_port
from sandbox.zoom.server import run_server

Say = Callable[[str], None]
# Variables of the person's own installation: the demo must not touch what they point at.
_OWN_VARIABLES = ("ROLLCALL_", "ZOOM_", "BREVO_", "INGRESS_", "ADMIN_", "CONSOLE_")


@dataclass(frozen=True)
class Installation:
    """What runs, and where."""

    webhook_url: str
    webhook_secret: str
    zoom_url: str
    brevo_url: str
    children: tuple[Child, ...]
    variables: Mapping[str, str]
    """Of the worker and of commands beside it; none where it was not started here."""


def inherited_of(environment: Mapping[str, str]) -> dict[str, str]:
    """What a process of the demo keeps of the person's variables."""
    return {name: value for name, value in environment.items() if not name.startswith(_OWN_VARIABLES)}


@asynccontextmanager
async def installation(
    directory: Path, environment: Mapping[str, str], pace: DemoPace, session: aiohttp.ClientSession, say: Say
) -> AsyncIterator[Installation]:
    """Everything up and ready; all of it is ended with the block, the latest first.

    Args:
        directory: for configuration, logs and the worker's state.
        environment: the person's, with a running Kafka and the prefix for topics.
        pace: of the worker's results.
        session: for readiness.
        say: hears what happens.

    Raises:
        FatalError: a process that ended or did not get ready, with its last lines.
    """
    async with AsyncExitStack() as stack:
        zoom_url = await stack.enter_async_context(run_server())
        options = Options(api_key=f"xkeysib-{secrets.token_hex(8)}", limit_factor=LIMIT_FACTOR).with_demo()
        brevo = await stack.enter_async_context(serving(options))
        say(f"sandbox Zoom at {zoom_url}, sandbox Brevo at {brevo.address}")
        kafka = {name: value for name, value in environment.items() if name.startswith("KAFKA_")}
        wiring = Wiring(directory, kafka, zoom_url, brevo.url, options.api_key)
        wiring.write_configuration(pace)
        # What the machine tells both processes; everything of ours comes from the wiring.
        inherited = inherited_of(environment)
        port = free_port()
        ingress = await stack.enter_async_context(
            running("ingress", inherited | wiring.ingress(port), log=directory / "ingress.log", admin_port=free_port())
        )
        variables = inherited | wiring.worker()
        worker = await stack.enter_async_context(
            running("worker", variables, log=directory / "worker.log", admin_port=free_port())
        )
        say("starting ingress and worker")
        await asyncio.gather(ingress.until_ready(session), worker.until_ready(session))
        webhook_url = f"http://127.0.0.1:{port}/webhooks/zoom"
        secret = wiring.webhook_secret
        yield Installation(webhook_url, secret, zoom_url, brevo.address, (ingress, worker), variables)
