"""The demo from beginning to end: start, send, wait, compare, tell."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console

from ops.demo.installation import Installation, installation
from ops.demo.look import showing
from ops.demo.topics import removed_afterwards
from ops.demo.verdict import document, show
from ops.demo.wiring import DemoPace
from ops.simulate import load_zoom, parse_chaos, recent_start, send_with_progress
from runtime.kafka import KafkaConnection
from sandbox.kafka import EmbeddedKafka
from sandbox.simulator import REPORT_CHAOS, World, simulate_webinar
from sandbox.simulator.sender import Target
from sandbox.truth import Rules, Truth, truth_of
from sandbox.truth.comparison import Mismatch, compare
from schemas.errors import FatalError

MINUTES = 60
"""Scheduled length of the webinar."""
# Once all is equal, Brevo is watched a little longer: an event sent twice would come late.
_QUIET_SECONDS = 2.0
# Without any change for so long, beyond the worker's own waits, nothing more is coming; a look-up takes less.
_STUCK_SECONDS = 20.0
_SETTLE_SECONDS = 2
_CHECKS_AFTER_SETTLING = (2, 4, 6, 8)
# Deliveries a second that a busy machine still accepts.
_SLOWEST_RATE = 100
_DEADLINE_SECONDS = 240.0
_POLL_SECONDS = 0.25
# Everything is on this machine: what is not accepted after four attempts in 3.4 s will not be later.
_RETRY_SECONDS = 0.2


@dataclass(frozen=True)
class Scene:
    """A webinar to play, what must come of it, and how long that takes."""

    world: World
    truth: Truth
    pace: DemoPace

    @property
    def patience_seconds(self) -> float:
        """Without any change for so long nothing more is coming."""
        return _STUCK_SECONDS + max(self.pace.settle_seconds, *self.pace.report_seconds, 0)


def scene(world: World, *, reports: bool) -> Scene:
    """The scene of a world; `reports`: Zoom's reports are read, as they always are where they are incomplete."""
    reads = reports or bool(world.chaos & REPORT_CHAOS)
    settle = _SETTLE_SECONDS
    if reads or len(world.event.spans) > 1:
        # A session of several runs must not be told of before all of them were sent.
        settle += len(world.deliveries) // _SLOWEST_RATE
    checks = tuple(settle + after for after in _CHECKS_AFTER_SETTLING) if reads else ()
    truth = truth_of([delivery.body for delivery in world.deliveries], world.zoom, Rules(use_report=reads))
    return Scene(world, truth, DemoPace(settle, checks))


def tell(*, attendees: int, seed: int, chaos: str, reports: bool, keep: bool, look: bool, as_json: bool) -> int:
    """Runs the demo; the exit code: 0 all equal, 1 something differs.

    Raises:
        ConfigurationError: the machine lacks something (Java, jars), or the arguments are wrong.
        FatalError: a process of the demo failed.
    """
    kinds = parse_chaos(chaos)
    world = simulate_webinar(attendees, seed, kinds, starts_at=recent_start(MINUTES), duration_minutes=MINUTES)
    console = Console(stderr=True)
    begun = time.monotonic()

    def say(line: str) -> None:
        console.print(f"[{time.monotonic() - begun:5.1f} s] {line}", highlight=False, markup=False, soft_wrap=True)

    chosen = scene(world, reports=reports)
    # A demo ended by `kill` or by a closed terminal cleans up as after Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with ExitStack() as stack:
        environment = own_kafka(stack, say)
        say(f"Kafka at {environment['KAFKA_BOOTSTRAP_SERVERS']}")
        try:
            return asyncio.run(_run(chosen, environment, console, say, keep=keep, look=look, as_json=as_json))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None  # SIGTERM or SIGHUP, after the processes were ended


def own_kafka(stack: ExitStack, say: Callable[[str], None]) -> dict[str, str]:
    """The person's environment with their own Kafka, or without it and with one that ends with `stack`.

    A topic prefix of its own keeps the demo apart from whatever else is on that Kafka.
    """
    variables = {**os.environ}
    if not variables.get("KAFKA_BOOTSTRAP_SERVERS"):
        say("starting Kafka (set KAFKA_BOOTSTRAP_SERVERS to use one of yours)")
        variables = {name: value for name, value in variables.items() if not name.startswith("KAFKA_")}
        variables["KAFKA_BOOTSTRAP_SERVERS"] = stack.enter_context(EmbeddedKafka(progress=say)).bootstrap
    return variables | {"KAFKA_TOPIC_PREFIX": f"demo-{secrets.token_hex(4)}-"}


async def _run(
    chosen: Scene,
    environment: dict[str, str],
    console: Console,
    say: Callable[[str], None],
    *,
    keep: bool,
    look: bool,
    as_json: bool,
) -> int:
    main = asyncio.current_task()
    if main is not None:
        # SIGINT is asyncio's already.
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, main.cancel)
    timeout = aiohttp.ClientTimeout(total=10)
    kafka = KafkaConnection.from_environment(environment)
    with tempfile.TemporaryDirectory(prefix="rollcall-demo-") as directory:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            removed_afterwards(kafka, kafka.topic_prefix),
            installation(Path(directory), environment, chosen.pace, session, say) as running,
            AsyncExitStack() as stack,
        ):
            differences = await play(chosen, running, session, console, say, as_json=as_json)
            if keep or look:
                if look:
                    await stack.enter_async_context(showing(Path(directory), environment, session, say))
                say(f"everything keeps running; look at {running.zoom_url} and {running.brevo_url}; Ctrl-C ends it")
                await _until_interrupted(running)
            command = "rollcall" if shutil.which("rollcall") else sys.argv[0]
            say("stopping" if keep or look else f"stopping; to look at it in a browser: {command} demo --console")
    return 1 if differences else 0


async def play(
    chosen: Scene,
    running: Installation,
    session: aiohttp.ClientSession,
    console: Console,
    say: Callable[[str], None],
    *,
    as_json: bool,
) -> list[Mismatch]:
    """Sends the webinar to what runs, waits for Brevo, and prints the verdict; what differs."""
    await send(chosen.world, running, console, say)
    say("waiting until Brevo holds the whole result")
    differences = await settled(chosen, running, session)
    if differences:
        _show_logs(running, console)
    if as_json:
        print(json.dumps(document(chosen.truth, differences), ensure_ascii=False))
    else:
        show(chosen.truth, differences)
    sys.stdout.flush()
    return differences


async def send(world: World, running: Installation, console: Console, say: Callable[[str], None]) -> None:
    """Tells the sandbox's Zoom of the webinar, and sends its webhooks.

    Raises:
        FatalError: the ingress did not accept them.
    """
    await load_zoom(world, running.zoom_url)
    trouble = f", with {', '.join(sorted(world.chaos))}" if world.chaos else ""
    say(f"sending {len(world.deliveries)} signed webhooks of “{world.event.topic}”{trouble}")
    target = Target(running.webhook_url, running.webhook_secret, retry_seconds=_RETRY_SECONDS, max_failures=1)
    sent = await send_with_progress(world, target, console)
    if sent.failed:
        answers = ", ".join(f"{count} x {answer}" for answer, count in sorted(sent.answers.items()))
        last = "\n".join(f"{child.command}:\n{child.last_lines()}" for child in running.children)
        raise FatalError(f"{len(sent.failed)} deliveries were never accepted (answers: {answers})\n{last}")
    say(f"all {sent.accepted} accepted in {sent.seconds:.1f} s")


async def settled(chosen: Scene, running: Installation, session: aiohttp.ClientSession) -> list[Mismatch]:
    """The differences once Brevo is equal and quiet, or once nothing moves any more."""
    clock = asyncio.get_running_loop().time
    begun = changed_at = clock()
    before: tuple[Any, Any] | None = None
    while True:
        for child in running.children:
            child.check()
        async with session.get(f"{running.brevo_url}/_sandbox/state") as answer:
            held = await answer.json()
        now = clock()
        state = (held["contacts"], held["events"])
        if state != before:
            before, changed_at = state, now
        quiet = now - changed_at
        differences = compare(chosen.truth, held)
        if quiet >= (chosen.patience_seconds if differences else _QUIET_SECONDS) or now - begun > _DEADLINE_SECONDS:
            return differences
        await asyncio.sleep(_POLL_SECONDS)


def _show_logs(running: Installation, console: Console) -> None:
    for child in running.children:
        console.print(f"last lines of `rollcall {child.command}`:", style="bold")
        console.print(child.last_lines(), highlight=False, markup=False, soft_wrap=True)


async def _until_interrupted(running: Installation) -> None:
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    while not interrupted.is_set():
        for child in running.children:
            child.check()
        await asyncio.sleep(_POLL_SECONDS)
