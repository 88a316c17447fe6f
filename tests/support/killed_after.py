"""Runs `rollcall …` and kills it with SIGKILL as soon as one coroutine of ours has returned: a kill between two steps.

python -m tests.support.killed_after ops.rebuild.groups:Groups.move rebuild switch stricter --yes
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from tests.support.forks import run_forked
from tests.support.processes import module_command


async def killed_after(step: str, variables: Mapping[str, str], *words: str) -> None:
    """Such a process, to its end; `step`: ``module:function`` or ``module:Class.method``."""
    command = module_command("tests.support.killed_after", step, *words)
    ended = await asyncio.to_thread(run_forked, command, {**os.environ, **variables}, timeout_seconds=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def _arm(step: str) -> None:
    module, _, path = step.partition(":")
    *parents, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for parent in parents:
        owner = getattr(owner, parent)
    real = getattr(owner, name)

    async def last(*arguments: Any, **named: Any) -> None:
        await real(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, last)


if __name__ == "__main__":
    _arm(sys.argv[1])
    sys.argv = ["rollcall", *sys.argv[2:]]
    sys.exit(importlib.import_module("ops.entry").main())
