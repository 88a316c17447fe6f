"""A data folder without room: the worker ends by itself, with nothing acknowledged that was not confirmed."""

from __future__ import annotations

import pytest

from processors.engine.stopping import UNACKNOWLEDGED
from tests.support.engine import Lab

FILE_BYTES = 8_192
"""Enough to open a database; its log file finds no room for the rows of a few hundred records."""


@pytest.mark.parametrize("records", [0, 6_000], ids=["recovered", "written"])
async def test_worker_without_room_for_its_tables_ends_and_the_next_one_goes_on(lab: Lab, records: int) -> None:
    """One that waits for ever is restarted by nobody, wherever it was as its tables found no room."""
    await lab.create_topics()
    await lab.produce(3_000)
    if not records:
        before = lab.worker(data="before")
        await lab.until_acknowledged(before)
        before.process.kill()
    await lab.produce(records)
    worker = lab.worker(max_records=100, file_bytes=FILE_BYTES)
    assert worker.process.wait(60) == UNACKNOWLEDGED, worker.process.describe()
    assert "stopping at once" in worker.process.output()
    assert "File too large" in worker.process.output()
    worker = lab.worker()
    await worker.until_ready()
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0, worker.process.describe()
    await lab.verify(worker)
