"""`kill -9` of the worker in the middle of 2,000 deliveries, at every stage of their way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, get_args

import pytest

from sandbox.brevo.faults import BrevoFault
from sandbox.simulator import World
from schemas.topics import ATTENDANCE_SESSIONS
from tests.support.installation import Installation, installation, truth_about, webinar
from tests.support.kafka import end_offsets
from tests.support.processes import eventually
from tests.support.service import Service

Stage = Literal["raw backlog", "closing", "upserts", "events"]
STAGES: tuple[Stage, ...] = get_args(Stage)
ATTENDEES = 530
# The deliveries behind the `ended` take their time on a busy machine, and must not come after the result.
SETTLE_SECONDS = 5
# Events under way at the same time; a kill leaves no more than these in doubt.
IN_PARALLEL = 32


class Story:
    """One webinar on its way, its worker killed and started again wherever a test wants it.

    Args:
        fractions: how far each stage to be disturbed is gone when the kill comes, 0 to 1.
    """

    def __init__(self, home: Installation, world: World, fractions: Mapping[Stage, float]) -> None:
        self.home = home
        self.world = world
        self._fractions = fractions
        self._accepted = 0
        self._worker: Service | None = None

    async def run(self) -> Service:
        """Send everything, kill at each stage in order; returns the last worker."""
        ingress, self._worker = self.home.start_ingress(), self.home.start_worker()
        await asyncio.gather(ingress.until_ready(), self._worker.until_ready())
        sending = asyncio.create_task(self.home.send(self.world, self._count))
        await self._kill_at("raw backlog", lambda fraction: self._accepted > fraction * len(self.world.deliveries))
        await sending
        await self._kill_at_closing()
        written, received = self.home.writes(), self.home.events()
        # A few imports write them all: the kill comes after the first call.
        await self._kill_at("upserts", lambda _fraction: self.home.writes() > written)
        await self._kill_at("events", lambda fraction: self.home.events() > received + fraction * ATTENDEES / 4)
        return self._worker

    def _count(self, _accepted: bool) -> None:
        self._accepted += 1

    async def _kill_at(self, stage: Stage, reached: Callable[[float], bool]) -> None:
        if stage not in self._fractions:
            return

        async def there() -> bool:
            return reached(self._fractions[stage])

        await eventually(there, timeout_seconds=90, what=f"{stage} is under way", tell=self.home.last_words)
        self._restart()

    async def _kill_at_closing(self) -> None:
        if "closing" not in self._fractions:
            return
        topic = self.home.physical(ATTENDANCE_SESSIONS)
        bootstrap = self.home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"]

        async def closing() -> int:
            return sum((await end_offsets(bootstrap, topic)).values())

        await eventually(closing, timeout_seconds=90, what="the session is being closed", tell=self.home.last_words)
        self._restart()

    def _restart(self) -> None:
        assert self._worker is not None
        assert self._worker.process.exit_code is None, self._worker.process.describe()
        self._worker.process.kill()
        self._worker = self.home.start_worker()


@asynccontextmanager
async def killed(
    bootstrap: str, prefix: str, directory: Path, world: World, fractions: Mapping[Stage, float]
) -> AsyncIterator[tuple[Installation, Service]]:
    """The story to its end: nothing lost, nothing sent twice, what is in doubt is listed."""
    async with installation(
        bootstrap, prefix, directory, settle_seconds=SETTLE_SECONDS, is_forked=False, partitions=6
    ) as home:
        await home.enlist(world)
        # Answers that take their time: every kill then strikes calls that are under way.
        home.brevo.state.faults.add(BrevoFault(kind="slow", path_prefix="/v3/events", delay_seconds=0.2))
        worker = await Story(home, world, fractions).run()
        truth = await truth_about(world)
        doubtful = await home.until_true(truth, timeout_seconds=120)
        assert len(doubtful) <= IN_PARALLEL * len(fractions)
        await home.check_nothing_lost(world)
        yield home, worker
        assert await worker.stop() == 0, worker.process.describe()
        assert await home.until_true(truth) == doubtful, "stopping changed something"


@pytest.mark.parametrize(
    "stages", [("raw backlog", "events"), pytest.param(STAGES, marks=pytest.mark.torture)], ids=["two", "all"]
)
async def test_worker_killed_at_stages_loses_nothing_and_sends_no_event_twice(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path, stages: tuple[Stage, ...]
) -> None:
    """One kill a stage: contacts equal the truth, and every event is in Brevo once or listed as in doubt."""
    world = webinar(ATTENDEES, seed=7)
    assert len(world.deliveries) >= 2_000
    async with killed(kafka_bootstrap, topic_prefix, tmp_path, world, dict.fromkeys(stages, 0.5)) as (home, worker):
        doubtful = await home.in_doubt()
        assert doubtful, "no event was under way at any kill"
        await home.until_doubts_are_counted(worker)


@pytest.mark.torture
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_worker_killed_at_a_random_point_loses_nothing(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path, stage: Stage, seed: int
) -> None:
    """A single kill anywhere in a stage."""
    fractions = {stage: random.Random(f"{stage} {seed}").random()}
    async with killed(kafka_bootstrap, topic_prefix, tmp_path, webinar(ATTENDEES, seed), fractions):
        pass
