"""Processes under test: started for real, with a log, a deadline on every wait, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import aiohttp

from sandbox.lifeline import Lifeline
from tests.support.forks import Forked, Start, is_ours, may_fork

T = TypeVar("T")

_POLL_SECONDS = 0.05
# What any program needs from the machine; the product's own variables come from the test alone.
_INHERITED = (
    "HOME",
    "JAVA_HOME",
    "LANG",
    "LC_ALL",
    "PATH",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "TMPDIR",
    "VIRTUAL_ENV",
    "XDG_CACHE_HOME",
)


def module_command(module: str, *arguments: str) -> list[str]:
    """`python -m module …` with the interpreter that runs the tests."""
    return [sys.executable, "-m", module, *arguments]


def rollcall_command(*arguments: str) -> list[str]:
    """The installed `rollcall …` beside the interpreter that runs the tests."""
    return [str(Path(sys.executable).with_name("rollcall")), *arguments]


class Process:
    """A started program. Use `running`, which also ends it."""

    def __init__(
        self, command: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path | None, is_forked: bool
    ) -> None:
        self.command = list(command)
        self.log = log
        self._is_forked = is_forked and is_ours(command) and may_fork()
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        self._environment = {"PYTHONUNBUFFERED": "1", **inherited, **env}
        self._cwd = cwd
        self._popen = self._started()
        self._lifeline = Lifeline(self.pid)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """`None` while it runs; negative: the signal that ended it."""
        return self._popen.poll()

    def output(self) -> str:
        """Everything it has written so far, standard output and error together."""
        return self.log.read_text(errors="replace")

    def restart(self) -> None:
        """Once it has ended: the same again, with the same log."""
        assert self.exit_code is not None, f"still running: {self.describe()}"
        self._lifeline.release()
        self._popen = self._started()
        self._lifeline = Lifeline(self.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; SIGSTOP and SIGCONT included."""
        self._popen.send_signal(number)

    def wait(self, timeout_seconds: float = 30) -> int:
        """Its exit code; fails the test with the log's end when it does not stop in time."""
        try:
            return self._popen.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout_seconds} s: {self.describe()}") from None

    def terminate(self, timeout_seconds: float = 30) -> int:
        """SIGTERM, and the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout_seconds)

    def kill(self) -> None:
        """`kill -9` of it and of what it started in its session."""
        self._lifeline.release()
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()

    def describe(self) -> str:
        """Command, exit code and the end of the log, for a failing test."""
        return f"{' '.join(self.command)} (exit code {self.exit_code})\n{self.output()[-6000:]}"

    def _started(self) -> subprocess.Popen[bytes] | Forked:
        if self._is_forked:
            return Forked(Start(self.command, self._environment, self._cwd or Path.cwd(), self.log, self.log))
        with self.log.open("ab") as stream:
            return subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._cwd,
                start_new_session=True,
            )

    async def until_http(self, url: str, *, status: int = 200, timeout_seconds: float = 30) -> None:
        """Wait until a GET of `url` answers with `status`; fails at once when the process ends."""
        timeout = aiohttp.ClientTimeout(total=5)

        async def answers() -> bool:
            if self.exit_code is not None:
                raise AssertionError(f"ended before {url} answered {status}: {self.describe()}")
            try:
                async with session.get(url, timeout=timeout) as response:
                    return response.status == status
            except (aiohttp.ClientError, TimeoutError):
                return False

        async with aiohttp.ClientSession() as session:
            await eventually(
                answers, timeout_seconds=timeout_seconds, what=f"{url} answers {status}", tell=self.describe
            )


@contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    is_forked: bool = True,
) -> Iterator[Process]:
    """Start a program and kill it at the end, whatever happened.

    Args:
        command: program and arguments, as from `module_command` or `rollcall_command`.
        log: file for its output; appended, so that restarts share one.
        env: variables besides PATH, HOME and the like; nothing else is inherited.
        cwd: working directory.
        is_forked: whether it may begin with all imports made (`tests/support/forks.py`), if it is a program of ours.
    """
    process = Process(command, log=log, env=env or {}, cwd=cwd, is_forked=is_forked)
    try:
        yield process
    finally:
        process.kill()


async def eventually(
    probe: Callable[[], Awaitable[T]],
    *,
    timeout_seconds: float = 30,
    what: str,
    tell: Callable[[], str] = str,
    pause_seconds: float = _POLL_SECONDS,
) -> T:
    """Await `probe` again and again until it gives something true, and return that.

    Args:
        probe: asked again and again.
        timeout_seconds: deadline over all.
        what: the condition in words, for the failure.
        tell: more for the failure, such as a process's log.
        pause_seconds: at least so long between two questions; a question that took long is followed by a pause ten
            times as long, up to a second, so that those who wait leave the machine to those whom they wait for.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        asked = time.monotonic()
        if found := await probe():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_seconds} s: {what}; last seen {found!r}\n{tell()}")
        await asyncio.sleep(max(pause_seconds, min(1, 10 * (time.monotonic() - asked))))


def wait_until(probe: Callable[[], T], *, timeout_seconds: float = 30, what: str, tell: Callable[[], str] = str) -> T:
    """`eventually` for tests without an event loop."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        if found := probe():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_seconds} s: {what}; last seen {found!r}\n{tell()}")
        time.sleep(_POLL_SECONDS)
