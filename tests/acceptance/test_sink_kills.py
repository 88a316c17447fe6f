"""`kill -9` of the worker while it writes a large webinar to Brevo: nothing lost, no event twice, doubts listed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.zoom.state import ZoomState
from tests.support.broker import Broker
from tests.support.installation import Installation
from tests.support.large_account import large_account, publish, results, written
from tests.support.processes import eventually

ATTENDEES, NO_SHOWS = 1_000, 200
SEED = 20_261_122
POINTS = tuple(map(random.Random(SEED).uniform, [0] * 20, [1] * 20))
"""When each kill comes, as a part of what one run of the worker writes."""


async def _run(home: Installation, bootstrap: str, prefix: str, points: tuple[float, ...]) -> None:
    account = ZoomState().account_id
    facts = list(results(ATTENDEES, NO_SHOWS, account, datetime.now(UTC).replace(microsecond=0)))
    worker = home.start_worker()
    await worker.until_ready()
    await publish(bootstrap, prefix, iter(facts))
    for point in sorted(points):

        async def there(part: float = point) -> bool:
            # The first tenth of the way is the contacts', the rest the events'.
            return home.brevo.state.calls.paths.total() > 0 if part < 0.1 else home.events() >= part * len(facts) * 0.9

        await eventually(there, timeout_seconds=120, what=f"{point:.0%} of the way", tell=home.last_words)
        worker.process.kill()
        worker = home.start_worker()

    async def complete() -> bool:
        return written(home, facts) == len(facts)

    await eventually(complete, timeout_seconds=180, what="all contacts are complete", tell=home.last_words)

    async def told() -> bool:
        return home.events() + len(await home.in_doubt()) >= len(facts)

    await eventually(told, timeout_seconds=180, what="every event is there or in doubt", tell=home.last_words)
    await worker.until_ready()
    await home.until_idle(worker)
    received = Counter((event.identifiers["email_id"], event.name) for event in home.brevo.state.store.events.received)
    assert max(received.values()) == 1
    doubtful = {result.contact_id for result in await home.in_doubt()}
    missing = [fact for fact in facts if not any(email == fact.email for email, _ in received)]
    assert {fact.contact_id for fact in missing} <= doubtful
    assert await worker.stop() == 0
    assert home.held()["refused"] == []


@pytest.mark.parametrize("kills", [3, pytest.param(len(POINTS), marks=pytest.mark.torture)])
async def test_worker_killed_while_an_import_batch_is_written_loses_nothing_and_repeats_nothing(
    own_kafka: Broker, topic_prefix: str, tmp_path: Path, kills: int
) -> None:
    """One kill after another at random points of one run, limits fifty times Brevo's."""
    async with large_account(own_kafka.bootstrap, topic_prefix, tmp_path, factor=50) as home:
        await asyncio.wait_for(_run(home, own_kafka.bootstrap, topic_prefix, POINTS[:kills]), 1_500)
