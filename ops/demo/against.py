"""The demo against sandboxes, ingress and worker that run already, such as the containers of docker-compose.yml."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import aiohttp
from rich.console import Console

from ops.demo.installation import Installation
from ops.demo.story import MINUTES, Scene, play, scene
from ops.simulate import parse_chaos, recent_start
from runtime.references import look_up
from sandbox.simulator import REPORT_CHAOS, simulate_webinar
from schemas.errors import ConfigurationError

_HINT = (
    "If this installation has seen another webinar before, the sandboxes and the worker remember different things: "
    "begin with an empty one (docker compose --profile sandbox down --volumes)."
)


def outside(webhook_url: str, zoom_url: str, brevo_url: str, environment: Mapping[str, str]) -> Installation:
    """What runs already; the webhook secret is `ZOOM_WEBHOOK_SECRET` or in the file of `ZOOM_WEBHOOK_SECRET_FILE`.

    Raises:
        ConfigurationError: no secret.
    """
    secret = look_up("ZOOM_WEBHOOK_SECRET", environment)
    if not secret:
        raise ConfigurationError(
            "no secret to sign with: set ZOOM_WEBHOOK_SECRET or ZOOM_WEBHOOK_SECRET_FILE as the ingress has it"
        )
    return Installation(webhook_url, secret, zoom_url.rstrip("/"), brevo_url.rstrip("/"), children=(), variables={})


def tell(running: Installation, *, attendees: int, seed: int, chaos: str, as_json: bool) -> int:
    """Plays one webinar; the exit code: 0 all equal, 1 something differs.

    Raises:
        ConfigurationError: a sandbox does not answer, or holds contacts already.
        FatalError: the ingress does not accept the deliveries.
    """
    # Whether reports are read is for the worker that runs there to say: this one's truth is of webhooks.
    kinds = parse_chaos(chaos) - REPORT_CHAOS
    world = simulate_webinar(attendees, seed, kinds, starts_at=recent_start(MINUTES), duration_minutes=MINUTES)
    console = Console(stderr=True)
    begun = time.monotonic()

    def say(line: str) -> None:
        console.print(f"[{time.monotonic() - begun:5.1f} s] {line}", highlight=False, markup=False, soft_wrap=True)

    say(f"seed {seed}; sandbox Zoom at {running.zoom_url}, sandbox Brevo at {running.brevo_url}")
    return asyncio.run(_run(scene(world, reports=False), running, console, say, as_json=as_json))


async def _run(
    chosen: Scene, running: Installation, console: Console, say: Callable[[str], None], *, as_json: bool
) -> int:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        await _check_empty(running, session)
        differences = await play(chosen, running, session, console, say, as_json=as_json)
    if differences:
        say(_HINT)
    return 1 if differences else 0


async def _check_empty(running: Installation, session: aiohttp.ClientSession) -> None:
    try:
        async with session.get(f"{running.brevo_url}/_sandbox/state") as answer:
            answer.raise_for_status()
            held = await answer.json()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ConfigurationError(f"--brevo {running.brevo_url}: no sandbox Brevo answers there ({error})") from error
    if held["contacts"]:
        raise ConfigurationError(
            f"--brevo {running.brevo_url}: holds {len(held['contacts'])} contacts of an earlier webinar. {_HINT}"
        )
