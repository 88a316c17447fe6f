"""Runs `rollcall …` to its end beside what is inside the test."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any

from tests.support.forks import run_forked
from tests.support.processes import rollcall_command


async def rollcall(variables: Mapping[str, str], *arguments: str) -> tuple[int, Any, str]:
    """Exit code, what is on stdout (parsed where it is a JSON document), and stderr."""
    ended = await asyncio.to_thread(run_forked, rollcall_command(*arguments), {**os.environ, **variables})
    return ended.returncode, json.loads(ended.stdout) if ended.stdout.startswith("{") else ended.stdout, ended.stderr
