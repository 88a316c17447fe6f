"""`rollcall gameday`: what can go wrong, mended by the runbook's commands alone."""

from __future__ import annotations

import json
from pathlib import Path

from ops.gameday.drills import DRILLS
from runtime.exits import USAGE
from tests.support.processes import eventually, rollcall_command, running


async def test_every_drill_is_mended_by_the_runbook(tmp_path: Path, kafka_bootstrap: str) -> None:
    """Each ends with Brevo as the truth has it; the test of the runbook holds their commands to its sections."""
    log = tmp_path / "gameday.log"
    with running(
        rollcall_command("gameday", "--json"), log=log, env={"KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap}
    ) as day:

        async def is_over() -> bool:
            return day.exit_code is not None

        await eventually(is_over, what="the drills are over", timeout_seconds=540, tell=day.describe)
        assert day.exit_code == 0, day.describe()
    told = json.loads(log.read_text("utf-8").splitlines()[-1])
    assert told == {"drills": {drill.name: "" for drill in DRILLS}}


async def test_drill_that_there_is_not_is_told(tmp_path: Path) -> None:
    """Before anything starts."""
    log = tmp_path / "gameday.log"
    with running(rollcall_command("gameday", "--only", "flood"), log=log, env={}) as day:

        async def is_over() -> bool:
            return day.exit_code is not None

        await eventually(is_over, what="it has ended", timeout_seconds=60, tell=day.describe)
        assert day.exit_code == USAGE
    assert "`flood` is no drill; there are outage" in log.read_text("utf-8")
