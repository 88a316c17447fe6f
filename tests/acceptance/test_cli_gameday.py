"""`rollcall gameday`: what can go wrong, mended by the runbook's commands alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.gameday.drills import DRILLS
from runtime.exits import FOUND_WRONG, USAGE
from tests.support.processes import eventually, rollcall_command, running


async def played(folder: Path, bootstrap: str, only: str) -> dict[str, str]:
    """What a game day says of each of its drills; empty: it was mended."""
    log = folder / "gameday.log"
    command = rollcall_command("gameday", "--json", "--only", only)
    with running(command, log=log, env={"KAFKA_BOOTSTRAP_SERVERS": bootstrap}) as day:

        async def is_over() -> bool:
            return day.exit_code is not None

        await eventually(is_over, what="the drills are over", timeout_seconds=600, tell=day.describe)
        assert day.exit_code == 0, day.describe()
    told: dict[str, str] = json.loads(log.read_text("utf-8").splitlines()[-1])["drills"]
    return told


async def test_outage_and_poison_are_mended_by_the_runbook(tmp_path: Path, kafka_bootstrap: str) -> None:
    """Each ends with Brevo as the truth has it; the test of the runbook holds their commands to its sections."""
    assert await played(tmp_path, kafka_bootstrap, "outage,poison") == {"outage": "", "poison": ""}


@pytest.mark.torture
async def test_every_drill_is_mended_by_the_runbook(tmp_path: Path, kafka_bootstrap: str) -> None:
    """One after another on one installation; replay, rebuild and erasure have acceptance tests of their own."""
    assert await played(tmp_path, kafka_bootstrap, "") == {drill.name: "" for drill in DRILLS}


async def test_kafka_that_does_not_answer_is_told_before_anything_starts(tmp_path: Path) -> None:
    """In a sentence, and soon."""
    log = tmp_path / "gameday.log"
    with running(rollcall_command("gameday"), log=log, env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}) as day:

        async def is_over() -> bool:
            return day.exit_code is not None

        await eventually(is_over, what="it has ended", timeout_seconds=60, tell=day.describe)
        assert day.exit_code == FOUND_WRONG
    told = log.read_text("utf-8")
    assert "error: Kafka at 127.0.0.1:1 does not answer" in told
    assert "Traceback" not in told


async def test_drill_that_there_is_not_is_told(tmp_path: Path) -> None:
    """Before anything starts."""
    log = tmp_path / "gameday.log"
    with running(rollcall_command("gameday", "--only", "flood"), log=log, env={}) as day:

        async def is_over() -> bool:
            return day.exit_code is not None

        await eventually(is_over, what="it has ended", timeout_seconds=60, tell=day.describe)
        assert day.exit_code == USAGE
    assert "`flood` is no drill; there are outage" in log.read_text("utf-8")
