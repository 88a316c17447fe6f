"""Runs `rollcall …` to its end beside what is inside the test."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Mapping
from typing import Any

from tests.support.processes import rollcall_command


async def rollcall(variables: Mapping[str, str], *arguments: str) -> tuple[int, Any, str]:
    """Exit code, what is on stdout (parsed where it is a JSON document), and stderr."""
    ended = await asyncio.to_thread(
        subprocess.run,
        rollcall_command(*arguments),
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return ended.returncode, json.loads(ended.stdout) if ended.stdout.startswith("{") else ended.stdout, ended.stderr
