"""Commands of ours beside buttons: as people type them, and in a process of their own for what computes long."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Mapping

from schemas.errors import RetryLaterError


def with_reason(*words: str) -> str:
    """The command of these words, as it is typed at a terminal.

    >>> with_reason("resync", "--session", "a b")
    "rollcall resync --session 'a b' --reason …"
    """
    return f"rollcall {shlex.join(words)} --reason …"


async def ended(environment: Mapping[str, str], operator: str, *words: str) -> bytes:
    """Run `rollcall … --json` to its end: its document.

    It ends with this process where a service ends both. `operator`: in the audit topic.

    Raises:
        RetryLaterError: it ended otherwise than well; its last words.
    """
    # LOGNAME is what `getpass.getuser` takes a process's user from first: who acts is the account of the console.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops.cli", *words, "--json", env={**environment, "LOGNAME": operator},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    told, said = await process.communicate()
    if process.returncode:
        lines = said.decode(errors="replace").strip().splitlines()
        raise RetryLaterError(lines[-1] if lines else f"it ended with {process.returncode}")
    return told
