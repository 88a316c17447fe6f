"""Kills a process that projects, at random points, until it has caught up."""

from __future__ import annotations

import random
import time
from pathlib import Path

from sqlalchemy.engine import URL

from runtime.kafka import KafkaConnection
from tests.support.processes import module_command, running, wait_until


def project_with_kills(
    url: URL, kafka: KafkaConnection, *, kills: int, batch_records: int, seed: int, log: Path
) -> int:
    """Project in processes that are killed (`kill -9`) up to `kills` times; returns how many kills came in time."""
    dice = random.Random(seed)
    command = module_command("tests.support.project", url.render_as_string(hide_password=False), str(batch_records))
    env = {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers, "KAFKA_TOPIC_PREFIX": kafka.topic_prefix}
    killed = 0
    for _ in range(kills):
        begun = len(log.read_text().split()) if log.exists() else 0
        with running(command, log=log, env=env, is_forked=True) as process:
            batches = begun + dice.randrange(3)
            wait_until(
                lambda: process.exit_code is not None or len(process.output().split()) > batches,  # noqa: B023
                timeout_seconds=120,
                what="the process projects",
                tell=process.describe,
            )
            # Somewhere in the batch that is under way.
            time.sleep(dice.uniform(0, 0.03))
            killed += process.exit_code is None
    with running(command, log=log, env=env, is_forked=True) as process:
        assert process.wait(300) == 0, process.describe()
    return killed
