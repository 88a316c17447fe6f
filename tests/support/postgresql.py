"""A PostgreSQL of a test run: the machine's own program, with its files in a folder that goes away with it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.kafka import free_port
from sandbox.lifeline import Lifeline

_USER = "postgres"
_START_SECONDS = 60


def postgresql_folder() -> Path | None:
    """Where `initdb` and `pg_ctl` are; ``None`` where no PostgreSQL is installed."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a running server, on 127.0.0.1 alone; skips the test, saying so, where there is none."""
    programs = postgresql_folder()
    if programs is None:
        pytest.skip("no PostgreSQL on this machine (Debian: apt-get install postgresql): tested with SQLite alone")
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="rollcall-postgresql-"))
    try:
        if owner is not None:
            shutil.chown(folder, owner)
        data, port = folder / "data", free_port()
        _run([programs / "initdb", "-D", data, "-U", "rollcall", "--auth=trust", "--no-sync", "-E", "UTF8"], owner)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        server: list[object] = [programs / "pg_ctl", "-D", data, "-w", "-t", str(_START_SECONDS)]
        _run([*server, "-l", folder / "log", "-o", options, "start"], owner)
        # `pg_ctl` has made it the leader of a group; what it has started ends with it.
        lifeline = Lifeline(int((data / "postmaster.pid").read_text().split()[0]), folder)
        try:
            yield f"postgresql://rollcall@127.0.0.1:{port}/postgres"
        finally:
            lifeline.release()
            _run([*server, "-m", "immediate", "stop"], owner)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> str | None:
    """It refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(_USER)
    except KeyError:
        pytest.skip(f"PostgreSQL refuses to run as root, and there is no user {_USER}: tested with SQLite alone")
    return _USER


def _run(command: Sequence[object], user: str | None) -> None:
    done = subprocess.run(
        list(map(str, command)), user=user, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
