"""Child processes of the demo: started with a log each, watched while they start, ended in every case."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sandbox.lifeline import Lifeline
from schemas.errors import FatalError

_READY_SECONDS = 60
_POLL_SECONDS = 0.1
_STOP_SECONDS = 15
_LOG_LINES = 25


@dataclass(frozen=True)
class Child:
    """A running `rollcall <command>`."""

    command: str
    process: asyncio.subprocess.Process
    log: Path
    admin_url: str

    def last_lines(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LOG_LINES:]) or "(it wrote nothing)"

    def check(self) -> None:
        """Raises ``FatalError`` with its last words if it has ended."""
        if self.process.returncode is not None:
            raise FatalError(
                f"`rollcall {self.command}` ended with exit code {self.process.returncode}; "
                f"its last lines:\n{self.last_lines()}"
            )

    async def until_ready(self, session: aiohttp.ClientSession) -> None:
        """Waits for its readiness. Raises ``FatalError`` when it ends before, or takes too long."""
        deadline = asyncio.get_running_loop().time() + _READY_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            self.check()
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(f"{self.admin_url}/health/ready") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(_POLL_SECONDS)
        raise FatalError(
            f"`rollcall {self.command}` is not ready after {_READY_SECONDS} s; its last lines:\n{self.last_lines()}"
        )


@asynccontextmanager
async def running(command: str, environment: Mapping[str, str], *, log: Path, admin_port: int) -> AsyncIterator[Child]:
    """`rollcall <command>` as a process until the block ends; then SIGTERM, and SIGKILL if that is not enough."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ops.cli",
            command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**environment, "ADMIN_HOST": "127.0.0.1", "ADMIN_PORT": str(admin_port)},
            start_new_session=True,  # Ctrl-C reaches the demo alone, which then ends its children in order
        )
    lifeline = Lifeline(process.pid)
    try:
        yield Child(command, process, log, f"http://127.0.0.1:{admin_port}")
    finally:
        lifeline.release()
        await asyncio.shield(_end(process))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    with suppress(TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
