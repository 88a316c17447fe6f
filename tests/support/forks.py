"""Starts `rollcall …` and our own modules by forking a process that has imported the product already.

Imports are most of what a start costs: a worker's take 0.9 s of computing, a command's 0.6 s, and a run of all tests
makes hundreds. What is forked is a process like any other: its own id, session, variables, folder and open files, ended
by signals and by its own exit code. It differs in what it need not import, in the seed of its hashes and in `argv` as
others see it (`ps` shows the fork server's). `ROLLCALL_TEST_COLD=1`: every process is started through its command.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path

_START_SECONDS = 60


@dataclass(frozen=True)
class Start:
    """What is started: `command` as `module_command` or `rollcall_command` give it; the files are appended to."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    stdout: Path
    stderr: Path


class Forked:
    """A forked process, with as much of `subprocess.Popen` as tests use."""

    def __init__(self, start: Start) -> None:
        begin_to_preload()
        context = multiprocessing.get_context("forkserver")
        here, there = context.Pipe(duplex=False)
        # A daemon: nobody waits for it when the tests end.
        self._process = context.Process(target=_run, args=(start, there), daemon=True)
        self._process.start()
        there.close()
        pid = self._process.pid
        assert pid is not None
        self.pid = pid
        with here:
            # Before that it is not the leader of its session yet, whom the test may signal.
            if not here.poll(_START_SECONDS):
                raise AssertionError(f"not begun after {_START_SECONDS} s: {' '.join(start.command)}")
            with suppress(EOFError):  # it has ended already: its exit code tells
                here.recv()

    def poll(self) -> int | None:
        """Its exit code, negative: the signal that ended it; ``None`` while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code.

        Raises:
            TimeoutExpired: it runs for longer than that (seconds).
        """
        self._process.join(timeout)
        if (code := self.poll()) is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return code

    def send_signal(self, number: int) -> None:
        """To it alone, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)


def begin_to_preload() -> None:
    """Start the fork server if it does not run; it ends with the process that called this."""
    multiprocessing.set_forkserver_preload(["tests.support.preloaded"])
    forkserver.ensure_running()


def may_fork() -> bool:
    """Whether processes are forked: in tests alone, since benchmarks and attacks measure what they start."""
    is_test = "PYTEST_VERSION" in os.environ  # which pytest sets
    return is_test and sys.platform == "linux" and os.environ.get("ROLLCALL_TEST_COLD", "") in ("", "0")


def is_ours(command: Sequence[str]) -> bool:
    """Whether it is `rollcall …` or a module of ours: nothing else can be forked."""
    return Path(command[0]).name == "rollcall" or list(command[:2]) == [sys.executable, "-m"]


def run_forked(
    command: Sequence[str], environment: Mapping[str, str], *, folder: Path | None = None, timeout_seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end with these variables alone, as `subprocess.run(…, capture_output=True, text=True)` does.

    Raises:
        TimeoutExpired: it had to be killed.
    """
    if not may_fork():
        return subprocess.run(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=timeout_seconds, check=False,
        )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="rollcall-command-") as home:
        stdout, stderr = Path(home, "stdout"), Path(home, "stderr")
        process = Forked(Start(command, environment, folder or Path.cwd(), stdout, stderr))
        try:
            code = process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        return subprocess.CompletedProcess(command, code, stdout.read_text(), stderr.read_text())


def _run(start: Start, begun: Connection) -> None:
    """In the fork: become what was asked for."""
    os.setsid()
    gc.freeze()  # what it shares with the others is none of its garbage
    _redirect(start)
    os.environ.clear()
    os.environ.update(start.environment)
    time.tzset()
    os.chdir(start.folder)
    begun.send(os.getpid())
    begun.close()
    interpreter_or_script, *words = start.command
    if words[:1] == ["-m"]:
        sys.argv = words[1:]
        for name in (words[1], f"{words[1]}.__main__"):
            sys.modules.pop(name, None)  # run anew, as in a process of its own
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        return
    sys.argv = [interpreter_or_script, *words]
    runpy.run_path(interpreter_or_script, run_name="__main__")


def _redirect(start: Start) -> None:
    """No input; output to its files, unbuffered where its variables say so."""
    appended = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, start.stdout, appended), (2, start.stderr, appended)):
        opened = os.open(path, flags, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    is_unbuffered = bool(start.environment.get("PYTHONUNBUFFERED"))
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - as long as the process
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - as long as the process
    sys.stdout.reconfigure(write_through=is_unbuffered)
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115 - as above
