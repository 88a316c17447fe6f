"""Two workers share the partitions; the survivor of a `kill -9` takes over what the other one owned."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ops.simulate import recent_start
from sandbox.simulator import simulate_meeting
from tests.support.installation import CHAOS, installation, truth_about, webinar
from tests.support.processes import eventually
from tests.support.service import Service


async def owned(worker: Service) -> float:
    """How many partitions of the live commands a worker has."""
    return await worker.figure("rollcall_worker_partitions", agent="sync-contact")


async def acknowledged(worker: Service) -> float:
    """How many commands a worker has brought to Brevo."""
    return await worker.figure("rollcall_brevo_results_total", outcome="acknowledged")


@pytest.mark.torture  # half a minute or more
async def test_two_workers_one_killed_the_other_takes_over(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Both work, one dies in the middle of the events, and Brevo still ends equal to the truth."""
    worlds = (
        webinar(40, seed=21),
        simulate_meeting(40, 22, CHAOS, starts_at=recent_start(60), duration_minutes=60),
        webinar(40, seed=23),
    )
    async with installation(kafka_bootstrap, topic_prefix, tmp_path, partitions=6) as home:
        await home.enlist(*worlds)
        ingress, first, second = home.start_ingress(), home.start_worker("first"), home.start_worker("second")
        await asyncio.gather(ingress.until_ready(), first.until_ready(), second.until_ready())

        async def shared() -> bool:
            return (await owned(first), await owned(second)) == (3, 3)

        await eventually(shared, timeout_seconds=60, what="each owns half", tell=home.last_words)
        await asyncio.gather(*(home.send(world) for world in worlds))

        async def both_work() -> bool:
            return min(await acknowledged(first), await acknowledged(second)) > 20

        await eventually(both_work, timeout_seconds=60, what="both write to Brevo", tell=home.last_words)
        first.process.kill()
        await home.until_true(await truth_about(*worlds))
        assert await owned(second) == 6
        await home.check_nothing_lost(*worlds)
        assert (await ingress.stop(), await second.stop()) == (0, 0)
