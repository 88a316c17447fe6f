"""What tests compare before and after a replay: all that the worker keeps, and all that Brevo holds."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from typing import Any

from typer.testing import CliRunner

from ops.cli import build_app
from processors.attendance.agent import SPEC as TRACK
from processors.brevo.agent import SPEC as SYNC
from processors.engagement.agent import SPEC as SCORE
from processors.engine.naming import changelog_name
from runtime.exits import DONE, INTERNAL
from tests.support.installation import Installation
from tests.support.kafka import read_to_end
from tests.support.processes import rollcall_command

TABLES = (*TRACK.tables, *SCORE.tables, *SYNC.tables)
ZEROS = {
    "facts_new": 0,
    "results_corrected": 0,
    "contacts_written": 0,
    "events_sent": 0,
    "parked": 0,
    "open": 0,
}
"""Of a report: nothing came of it."""


async def kept(home: Installation) -> dict[str, dict[bytes, bytes]]:
    """By table its rows, as the changelogs have them."""
    bootstrap, prefix = home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"], home.wiring.kafka["KAFKA_TOPIC_PREFIX"]
    tables: dict[str, dict[bytes, bytes]] = {}
    for table in TABLES:
        rows = tables[table] = {}
        for message in await read_to_end(bootstrap, f"{prefix}{changelog_name(table)}"):
            if message.value is None:
                rows.pop(message.key or b"", None)
            else:
                rows[message.key or b""] = message.value
    return tables


class Replaying:
    """A `rollcall replay …` that runs beside the test, to be killed or waited for."""

    def __init__(self, home: Installation, *arguments: str) -> None:
        self._process = subprocess.Popen(
            rollcall_command("replay", *arguments, "--json"),
            env={**os.environ, **home.wiring.worker()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill(self) -> None:
        """As `kill -9`."""
        self._process.kill()
        self._process.communicate()

    async def ended(self, seconds: float = 120) -> dict[str, Any]:
        """What it says at its end, which is a good one."""
        out, err = await asyncio.to_thread(self._process.communicate, timeout=seconds)
        assert self._process.returncode == 0, err
        said: dict[str, Any] = json.loads(out)
        return said


async def replaying(home: Installation, *arguments: str, code: int = DONE) -> dict[str, Any]:
    """Run one to its end, in this process: each start of a command takes a second."""
    runner, app = CliRunner(), build_app()
    command = ["replay", *arguments, "--json"]
    done = await asyncio.to_thread(runner.invoke, app, command, env=dict(home.wiring.worker()), standalone_mode=False)
    given = done.return_value if done.exception is None else getattr(done.exception, "exit_code", INTERNAL)
    assert (given or DONE) == code, done.exception or done.stderr
    said: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}
    return said
