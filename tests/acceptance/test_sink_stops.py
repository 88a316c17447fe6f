"""A worker that is stopped (SIGSTOP) in the middle of writing contacts, overtaken and woken up: no contact is wrong."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.zoom.state import ZoomState
from schemas.attendance import Result
from tests.support.installation import Installation
from tests.support.large_account import large_account, publish, results, written
from tests.support.processes import eventually
from tests.support.service import Service

PEOPLE = 150
SEED = 20_261_127
UNACKNOWLEDGED = 70


def _revised(facts: Sequence[Result], revision: int) -> list[Result]:
    """The same people with other minutes, as a report corrects them."""
    return [_attended(fact, revision, 600 + 60 * revision) for fact in facts]


def _attended(fact: Result, revision: int, seconds: int) -> Result:
    assert fact.first_join_at is not None
    begin = fact.intervals[0][0]
    changed = {
        "revision": revision,
        "attended_seconds": seconds,
        "intervals": ((begin, begin + seconds),),
        "last_leave_at": fact.first_join_at + timedelta(seconds=seconds),
    }
    return fact.model_copy(update=changed)


class Overtaking:
    """Two workers over many contacts, one of them stopped again and again."""

    def __init__(self, home: Installation, bootstrap: str, prefix: str) -> None:
        self._home = home
        self._where = bootstrap, prefix
        self._random = random.Random(SEED)
        self._revision = 1
        now = datetime.now(UTC).replace(microsecond=0)
        self.facts = list(results(PEOPLE, 0, ZoomState().account_id, now))
        self.workers = [home.start_worker(name) for name in ("first", "second")]

    async def correct(self) -> None:
        """Everybody has other minutes."""
        self._revision += 1
        self.facts = _revised(self.facts, self._revision)
        await publish(*self._where, iter(self.facts))

    async def stop_one(self, seconds: float) -> None:
        """While it writes contacts; another revision is written meanwhile by who has taken over."""
        await asyncio.gather(*(self._back(worker) for worker in self.workers))
        writes, aim = self._home.writes(), self._random.uniform(0.05, 0.6) * PEOPLE
        await self.correct()

        async def writing() -> bool:
            return self._home.writes() - writes > aim

        await eventually(writing, timeout_seconds=60, what="contacts are written", tell=self._home.last_words)
        stopped = self._random.choice(self.workers)
        stopped.process.signal(signal.SIGSTOP)
        wakes_at = time.monotonic() + seconds
        await self.correct()
        await asyncio.sleep(wakes_at - time.monotonic())
        stopped.process.signal(signal.SIGCONT)

    async def _back(self, worker: Service) -> None:
        """Supervised: who was overtaken leaves, and is started again; who noticed in time goes on."""

        async def ready() -> bool:
            if (code := worker.process.exit_code) is not None:
                assert code == UNACKNOWLEDGED, worker.process.describe()
                worker.process.restart()
            return await worker.is_ready()

        await eventually(ready, timeout_seconds=120, what="the worker is ready", tell=self._home.last_words)

    async def true(self) -> bool:
        """Brevo holds the newest revision of everybody."""
        await asyncio.gather(*(self._back(worker) for worker in self.workers))
        return written(self._home, self.facts) == PEOPLE

    async def sure(self) -> bool:
        """Everybody of whom the former owner may have written something was written once more."""
        newest = {result.contact_id: result for result in await self._home.results() if result.kind == "upsert"}
        return not any(result.unsure for result in newest.values())


@pytest.mark.parametrize(
    ("stops", "seconds"), [(1, 13), pytest.param(20, 30, marks=pytest.mark.torture)], ids=["one", "twenty"]
)
async def test_worker_stopped_and_overtaken_while_it_writes_leaves_no_contact_wrong(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path, stops: int, seconds: float
) -> None:
    """Longer than its session, so that the other one takes over and writes newer states; then it wakes up."""
    async with large_account(kafka_bootstrap, topic_prefix, tmp_path, factor=10) as home:
        run = Overtaking(home, kafka_bootstrap, topic_prefix)
        for _ in range(stops):
            await run.stop_one(seconds)
        await eventually(run.true, timeout_seconds=300, what="all contacts are right", tell=home.last_words)
        if stops > 1:  # that takes a minute
            await eventually(run.sure, timeout_seconds=300, what="all contacts are sure", tell=home.last_words)
            assert await run.true()
        received = Counter(
            (event.identifiers["email_id"], event.name) for event in home.brevo.state.store.events.received
        )
        assert max(received.values()) == 1
        assert home.held()["refused"] == []
