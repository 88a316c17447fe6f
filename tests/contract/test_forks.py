"""What tests start by forking (`tests/support/forks.py`) is a process like one that its command starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.forks import Forked, Start, run_forked
from tests.support.processes import rollcall_command, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every process is started by its command")
PROGRAM = """\
import json, os, signal, sys, threading
print(json.dumps({
    "arguments": sys.argv,
    "environment": dict(os.environ),
    "folder": os.getcwd(),
    "files": sorted(int(name) for name in os.listdir("/proc/self/fd"))[:3],
    "input": sys.stdin.read(),
    "leads its session": os.getsid(0) == os.getpid() == os.getpgid(0),
    "name": __name__,
    "signals": [str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)],
    "threads": len(os.listdir("/proc/self/task")),
}))
print("to stderr", file=sys.stderr)
sys.exit(int(sys.argv[1]))
"""
WAITING = """\
import sys, time
print("begun", flush=True)
time.sleep(60)
"""
VARIABLES = {"PATH": os.environ["PATH"], "ONE": "1", "PYTHONUNBUFFERED": "1"}


def program(path: Path, text: str) -> str:
    """An executable file of this text."""
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("code", [0, 3])
def test_forked_process_sees_what_a_started_one_sees(tmp_path: Path, code: int) -> None:
    """Arguments, variables, folder, files, input, session, signals and threads; and its code and output come back."""
    command = [program(tmp_path / "program", PROGRAM), str(code)]
    started = subprocess.run(
        command, env=VARIABLES, cwd=tmp_path, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        start_new_session=True, timeout=60,
    )  # fmt: skip
    forked = run_forked(command, VARIABLES, folder=tmp_path)
    assert (forked.returncode, forked.stderr) == (started.returncode, started.stderr) == (code, "to stderr\n")
    expected = json.loads(started.stdout)
    assert expected["leads its session"]
    for name in ("LC_CTYPE", "_", "PWD", "SHLVL"):  # what an interpreter or a shell adds
        expected["environment"].pop(name, None)
    assert json.loads(forked.stdout) == expected


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_forked_process_ends_by_a_signal_to_its_id(tmp_path: Path, number: signal.Signals) -> None:
    """Its id is its own, and how it ended is told as `subprocess` tells it."""
    log = tmp_path / "log"
    process = Forked(Start([program(tmp_path / "program", WAITING)], VARIABLES, tmp_path, log, log))
    wait_until(lambda: log.read_text() == "begun\n", what="it has begun")
    assert process.pid != os.getpid()
    assert process.poll() is None
    process.send_signal(number)
    assert process.wait(30) == -number
    assert process.poll() == -number


def test_forked_command_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    """As `subprocess.run` does."""
    with pytest.raises(subprocess.TimeoutExpired):
        run_forked([program(tmp_path / "program", WAITING)], VARIABLES, folder=tmp_path, timeout_seconds=0.2)


@pytest.mark.parametrize("words", [["--version"], ["schemas", "--help"], ["config", "show"], ["no-such-command"]])
def test_forked_command_answers_as_the_installed_one(tmp_path: Path, words: list[str]) -> None:
    """To the byte, with the same code."""
    command = rollcall_command(*words)
    started = subprocess.run(
        command, env=VARIABLES, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    forked = run_forked(command, VARIABLES, folder=tmp_path)
    assert (forked.returncode, forked.stdout, forked.stderr) == (started.returncode, started.stdout, started.stderr)
