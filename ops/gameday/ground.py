"""Where drills are played: an installation whose worker may end and be started again, and the commands beside it."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from ops.demo.children import Child, running
from ops.demo.installation import Installation
from ops.demo.story import Scene, send, settled
from sandbox.kafka import free_port

_COMMAND_SECONDS = 120.0
_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.5
_SHOWN_LINES, _LONGEST_LINE = 14, 200


class NotMendedError(Exception):
    """A drill did not go as the runbook says; `ops.gameday.story` tells it."""


@dataclass
class Ground:
    """The installation, hurt and mended."""

    home: Installation
    folder: Path
    session: aiohttp.ClientSession
    stack: AsyncExitStack
    console: Console
    say: Callable[[str], None]
    ran: list[str] = field(default_factory=list)
    """Commands, as the runbook has them."""
    was_held: bool = False
    """The webinar: drills share one."""

    @property
    def worker(self) -> Child:
        """The one that runs now."""
        return self.home.children[1]

    async def start_worker(self) -> None:
        """Start it again with the state that it had; it may not be ready."""
        log = self.folder / f"worker-{len(self.ran)}.log"
        child = await self.stack.enter_async_context(
            running("worker", self.home.variables, log=log, admin_port=free_port())
        )
        self.home = replace(self.home, children=(self.home.children[0], child))
        await self.until("the worker is alive", self._is_alive)

    async def stop_worker(self) -> None:
        """As its supervisor stops it."""
        self.worker.process.terminate()
        await self.worker.process.wait()

    async def rollcall(self, line: str, *, code: int = 0, **words: str) -> str:
        """Run a command of the runbook, show it with its output, and return that.

        Args:
            line: as the runbook has it, without `rollcall`; `{name}` stands for one of `words`.
            code: what it has to end with.
            words: what is filled in.

        Raises:
            NotMendedError: it ends otherwise, or does not end.
        """
        self.ran.append(line)
        command = line.format(**words)
        ended, told = await self._ended(command)
        self._show(command, told)
        if ended != code:
            raise NotMendedError(f"`rollcall {command}` ended with {ended}, not {code}:\n{told}")
        return told

    async def until(self, what: str, holds: Callable[[], Awaitable[bool]]) -> None:
        """Wait for a condition.

        Raises:
            NotMendedError: it does not come.
        """
        self.say(f"waiting until {what}")
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while not await holds():
            if asyncio.get_running_loop().time() > deadline:
                raise NotMendedError(f"after {_PATIENCE_SECONDS:.0f} s it is not so: {what}")
            await asyncio.sleep(_POLL_SECONDS)

    async def until_ill(self, words: str) -> None:
        """Wait until `rollcall status` tells of something in these words, and show it."""

        async def is_told() -> bool:
            ended, told = await self._ended("status")
            return ended == 1 and words in told

        await self.until(f"`rollcall status` tells: {words}", is_told)
        await self.rollcall("status", code=1)

    async def until_well(self) -> None:
        """Wait until `rollcall status` says that nothing needs a person, and show it."""

        async def is_well() -> bool:
            return (await self._ended("status"))[0] == 0

        await self.until("`rollcall status` says that all is well", is_well)
        await self.rollcall("status")

    async def metric(self, name: str) -> float:
        """The sum over the labels of the worker's metric; 0 where it has none, or does not answer."""
        try:
            async with self.session.get(f"{self.worker.admin_url}/metrics") as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return 0.0
        families = text_string_to_metric_families(text)
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)

    async def hold(self, scene: Scene) -> None:
        """Hold the webinar, unless an earlier drill has."""
        if not self.was_held:
            await send(scene.world, self.home, self.console, self.say)
            self.was_held = True

    async def equal(self, scene: Scene) -> None:
        """Wait until Brevo holds the truth of the webinar.

        Raises:
            NotMendedError: it is quiet, and holds something else.
        """
        if differences := await settled(scene, self.home, self.session):
            told = "; ".join(f"{wrong.field} is {wrong.actual!r}, not {wrong.wanted!r}" for wrong in differences[:3])
            raise NotMendedError(f"{len(differences)} differences from the truth: {told}")
        self.say(f"Brevo holds the truth of {len(scene.truth.contacts)} contacts")

    async def held(self) -> Mapping[str, Any]:
        """What Brevo holds."""
        async with self.session.get(f"{self.home.brevo_url}/_sandbox/state") as answer:
            held: Mapping[str, Any] = await answer.json()
            return held

    async def fault_at_brevo(self, kind: str | None) -> None:
        """Switch a fault on; ``None``: all off."""
        url = f"{self.home.brevo_url}/_sandbox/faults"
        call = self.session.delete(url) if kind is None else self.session.post(url, json={"kind": kind})
        async with call as answer:
            answer.raise_for_status()

    async def _is_alive(self) -> bool:
        self.worker.check()
        try:
            async with self.session.get(f"{self.worker.admin_url}/health/live") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _ended(self, command: str) -> tuple[int, str]:
        """Exit code and output."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ops.cli", *shlex.split(command), env={**self.home.variables, "COLUMNS": "100"},
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_COMMAND_SECONDS):
                output, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            raise NotMendedError(f"`rollcall {command}` has not ended after {_COMMAND_SECONDS:.0f} s") from None
        return process.returncode or 0, output.decode(errors="replace").rstrip()

    def _show(self, command: str, told: str) -> None:
        lines = told.splitlines()
        self.console.print(f"$ rollcall {command}", style="bold", highlight=False, markup=False, soft_wrap=True)
        for line in lines[:_SHOWN_LINES]:
            self.console.print(f"  {_cut(line)}", highlight=False, markup=False, soft_wrap=True)
        if len(lines) > _SHOWN_LINES:
            self.console.print(f"  … {len(lines) - _SHOWN_LINES} more lines", highlight=False)


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
