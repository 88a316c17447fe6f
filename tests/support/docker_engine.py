"""The machine's Docker engine, by the command that users have."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def docker(
    *arguments: str, environment: Mapping[str, str] | None = None, timeout_seconds: float = 180
) -> subprocess.CompletedProcess[str]:
    """`docker …` to its end, in the repository's root, with these variables on top of this process's."""
    return subprocess.run(
        ["docker", *arguments],  # noqa: S607 (the one on the path, as users call it)
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_seconds,
    )


def require_engine() -> None:
    """Skips the test where no Docker engine answers, and fails it where `ROLLCALL_TEST_KAFKA=docker` promised one."""
    try:
        asked = docker("version", "--format", "{{.Server.Version}}", timeout_seconds=30)
        reason = "" if asked.returncode == 0 else asked.stderr.strip()
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        reason = str(error)
    if reason and os.environ.get("ROLLCALL_TEST_KAFKA") == "docker":
        pytest.fail(f"ROLLCALL_TEST_KAFKA=docker, but no Docker engine answers: {reason}", pytrace=False)
    if reason:
        pytest.skip(f"no Docker engine answers ({reason}); start one to run this test")
