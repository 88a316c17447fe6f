"""Workers that die: whatever the moment, nothing is lost and the state is right."""

from __future__ import annotations

import random

import pytest

from tests.support.engine import Lab, LabWorker

POINTS = {"outputs": 4, "changelog": 4, "store": 4, "acknowledge": 16}
"""With the time at which to die there: what is recovered passes `acknowledge`, too, up to a few times a partition."""
SMALL_BATCHES = 100


async def finish(lab: Lab) -> LabWorker:
    """Handle what is left with a healthy worker and stop it."""
    worker = lab.worker()
    await worker.until_ready()
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0, worker.process.describe()
    return worker


async def kill_at_random(lab: Lab, rounds: int, seed: int, *, events: int = 8_000) -> None:
    """Kill a worker in the middle of its backlog, on the same data folder, again and again."""
    chance = random.Random(seed)
    for _round in range(rounds):
        await lab.produce(events)
        before = await lab.outputs()
        worker = lab.worker(slow_seconds=0.0001, max_records=SMALL_BATCHES, commit_seconds=1)
        await lab.until_outputs(worker, before + chance.randrange(events // 2))
        worker.process.kill()


async def kill_at(lab: Lab, point: str, time: int) -> None:
    """Let a worker die at the n-th passing of a point."""
    await lab.produce(3_000)
    worker = lab.worker(max_records=SMALL_BATCHES, kill_at=f"{point}:{time}")
    assert worker.process.wait() == -9, worker.process.describe()


async def test_worker_killed_under_load_repeats_but_loses_nothing(lab: Lab) -> None:
    """`kill -9` in the middle of the work: every output is there, changelog and store hold the truth."""
    await lab.create_topics()
    await kill_at_random(lab, rounds=1, seed=7, events=4_000)
    await lab.verify(await finish(lab))


async def test_worker_killed_at_each_exact_point_loses_nothing(lab: Lab) -> None:
    """Between outputs, changelog, store and acknowledgement: what was not acknowledged is handled again, rightly."""
    await lab.create_topics()
    for point, time in POINTS.items():
        await kill_at(lab, point, time)
    verdict = await lab.verify(await finish(lab))
    assert verdict.repeated_inputs > 0, "no kill came between state and acknowledgement"


@pytest.mark.torture
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_worker_killed_again_and_again_loses_nothing(lab: Lab, seed: int) -> None:
    """Five kills at random moments, then a start that only recovers: store and changelog still agree."""
    await lab.create_topics()
    await kill_at_random(lab, rounds=5, seed=seed)
    await finish(lab)
    await lab.verify(await finish(lab))


@pytest.mark.torture
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("time", [1, 2, 6])
async def test_worker_killed_at_a_point_loses_nothing(lab: Lab, point: str, time: int) -> None:
    """One kill, early or late, alone."""
    await lab.create_topics()
    await kill_at(lab, point, time)
    await lab.produce(500)
    await lab.verify(await finish(lab))


@pytest.mark.torture
async def test_worker_that_lost_its_data_folder_recovers_it_from_the_changelog(lab: Lab) -> None:
    """After a kill the tables are rebuilt in a new place."""
    await lab.create_topics()
    await kill_at_random(lab, rounds=1, seed=5)
    worker = lab.worker(data="elsewhere")
    await worker.until_ready()
    await lab.until_acknowledged(worker)
    assert worker.process.terminate() == 0, worker.process.describe()
    await lab.verify(worker)
