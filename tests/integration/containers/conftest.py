"""What needs a Docker engine: skipped with the reason where none answers, failed where one was promised."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.compose import IMAGE
from tests.support.docker_engine import docker, require_engine


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """Every test here needs one."""
    require_engine()


@pytest.fixture(scope="session")
def image(engine: None, say: Callable[[str], None]) -> str:
    """The image of this tree; layers that did not change come from the engine's cache."""
    say("Building the image (a minute at the first time)")
    done = docker("build", "--tag", IMAGE, ".", timeout_seconds=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return IMAGE
