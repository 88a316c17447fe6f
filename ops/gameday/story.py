"""A game day from beginning to end: an installation is made, drills are played one after another, and it is told."""

from __future__ import annotations

import asyncio
import json
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import aiohttp
from rich.console import Console

from ops.demo.installation import installation
from ops.demo.story import MINUTES, own_kafka, scene
from ops.demo.topics import removed_afterwards
from ops.gameday.drills import DRILLS, Drill
from ops.gameday.ground import Ground, NotMendedError
from ops.simulate import recent_start
from runtime.kafka import KafkaConnection
from sandbox.simulator import simulate_webinar
from schemas.errors import ConfigurationError

_SEED, _ATTENDEES = 7, 20


def tell(*, only: str, as_json: bool) -> int:
    """Plays the drills; the exit code: 0 all were mended, 1 not.

    Raises:
        ConfigurationError: the machine lacks something, or there is no such drill.
    """
    chosen = _chosen(only)
    console = Console(stderr=True) if as_json else Console()
    begun = time.monotonic()

    def say(line: str) -> None:
        console.print(f"[{time.monotonic() - begun:5.1f} s] {line}", highlight=False, markup=False, soft_wrap=True)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with ExitStack() as stack:
        environment = own_kafka(stack, say)
        mended = asyncio.run(_run(chosen, environment, console, say))
    if as_json:
        print(json.dumps({"drills": mended}))
    else:
        for name, problem in mended.items():
            console.print(f"{name:10} {problem or 'mended'}", highlight=False, markup=False, soft_wrap=True)
    return 1 if any(mended.values()) else 0


def _chosen(only: str) -> Sequence[Drill]:
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    known = {drill.name: drill for drill in DRILLS}
    if unknown := [name for name in wanted if name not in known]:
        raise ConfigurationError(f"--only: `{unknown[0]}` is no drill; there are {', '.join(known)}")
    return [known[name] for name in wanted or known]


async def _run(
    chosen: Sequence[Drill], environment: dict[str, str], console: Console, say: Callable[[str], None]
) -> dict[str, str]:
    """Per drill why it was not mended; empty: it was."""
    world = simulate_webinar(_ATTENDEES, _SEED, frozenset(), starts_at=recent_start(MINUTES), duration_minutes=MINUTES)
    webinar = scene(world, reports=False)
    kafka = KafkaConnection.from_environment(environment)
    mended: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="rollcall-gameday-") as directory:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
            removed_afterwards(kafka, kafka.topic_prefix),
            installation(Path(directory), environment, webinar.pace, session, say) as home,
            AsyncExitStack() as stack,
        ):
            ground = Ground(home, Path(directory), session, stack, console, say)
            for drill in chosen:
                say(f"drill `{drill.name}`: {drill.about}")
                try:
                    await drill.play(ground, webinar)
                    mended[drill.name] = ""
                except NotMendedError as error:
                    mended[drill.name] = str(error)
                    break
    return mended
