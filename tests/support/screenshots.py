"""The pictures of the console in README and guides: a real Chromium on what the demo played.

`.venv/bin/python -m tests.support.screenshots` writes them, in a minute or so.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from rich.console import Console

from ops.demo.installation import Installation, installation
from ops.demo.look import showing
from ops.demo.story import MINUTES, play, scene
from ops.simulate import recent_start
from sandbox.kafka import EmbeddedKafka
from sandbox.simulator import simulate_webinar
from tests.support.browser import Page, chromium
from tests.support.processes import rollcall_command

_PLACE = Path(__file__).parents[2] / "docs" / "images"
_SEED, _ATTENDEES = 7, 50
_WIDTH, _PHONE = 1_000, 400


async def _commands(running: Installation) -> None:
    """What the set-up page shows is found by commands; that something is missing is no failure of theirs."""
    environment = {**running.variables, "ZOOM_WEBHOOK_SECRET": running.webhook_secret}
    url = ("--url", running.webhook_url)
    for words in (("check", *url), ("brevo", "plan")):
        process = await asyncio.create_subprocess_exec(
            *rollcall_command(*words), env=environment, stdout=asyncio.subprocess.DEVNULL
        )
        assert await process.wait() in (0, 1)


async def _shoot(page: Page, base: str) -> None:
    async def picture(name: str, *, width: int = _WIDTH, height: int, dark: bool = False) -> None:
        await page.look(f"{base}{path}", width=width, height=height, dark=dark)
        (_PLACE / f"console-{name}.png").write_bytes(await page.picture())

    await page.call("Emulation.setScrollbarsHidden", hidden=True)
    path = "/sessions"
    await page.look(f"{base}{path}", width=_WIDTH)
    path = await page.until("document.querySelector('tbody a')?.getAttribute('href')")
    await page.look(f"{base}{path}", width=_WIDTH)
    # Everybody is at Brevo, and the page knows.
    await page.until("!document.querySelector('main').textContent.includes('on its way')")
    await picture("session", height=900)
    await picture("session-phone", width=_PHONE, height=1_000, dark=True)
    path = await page.until("document.querySelector('tbody a[href^=\"/contacts/\"]')?.getAttribute('href')")
    await picture("contact", height=960)
    path = "/setup"
    await picture("setup", height=760)


async def _main(folder: Path, kafka: Mapping[str, str]) -> None:
    environment = {**os.environ, **kafka, "KAFKA_TOPIC_PREFIX": f"pictures-{secrets.token_hex(4)}-"}
    world = simulate_webinar(_ATTENDEES, _SEED, frozenset(), starts_at=recent_start(MINUTES), duration_minutes=MINUTES)
    chosen, said = scene(world, reports=False), list[str]()
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
        installation(folder, environment, chosen.pace, session, said.append) as running,
        showing(folder, environment, session, said.append),
        chromium(folder) as page,
    ):
        differences = await play(chosen, running, session, Console(stderr=True), said.append, as_json=False)
        assert not differences
        await _commands(running)
        told = re.search(r"at (http://\S+): sign in as (\S+) with the password (\S+)", "\n".join(said))
        assert told is not None
        await page.sign_in(*told.groups())
        await _shoot(page, told[1])


def main() -> int:
    """Write the pictures."""
    with tempfile.TemporaryDirectory(prefix="rollcall-pictures-") as folder, EmbeddedKafka() as kafka:
        asyncio.run(_main(Path(folder), {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
