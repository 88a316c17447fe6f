"""Zoom's limits hold however many workers run: one alone calls for an account."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.support.installation import installation, truth_about, webinar


@pytest.mark.torture  # half a minute or more
async def test_three_workers_stay_within_the_limits_of_one_account(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Look-ups are keyed by account, so its budget is kept by the worker that owns that partition."""
    worlds = [webinar(20, seed=number, chaos=frozenset()) for number in range(20, 26)]
    async with installation(kafka_bootstrap, topic_prefix, tmp_path, partitions=6) as home:
        await home.enlist(*worlds)
        ingress = home.start_ingress()
        workers = [home.start_worker(f"worker-{number}") for number in range(3)]
        await asyncio.gather(ingress.until_ready(), *(worker.until_ready(120) for worker in workers))
        await asyncio.gather(*(home.send(world) for world in worlds))
        assert await home.until_true(await truth_about(*worlds)) == []
        calls = [await worker.figure("rollcall_zoom_requests_total") for worker in workers]
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{home.wiring.zoom_url}/_sandbox/requests") as answer,
        ):
            requests: dict[str, int] = await answer.json()
        assert sorted(calls)[:2] == [0, 0], calls
        assert max(calls) >= 3 * len(worlds)
        refused = {name: count for name, count in requests.items() if name.endswith(" 429")}
        assert refused == {}
        tokens = [await worker.figure("rollcall_zoom_tokens_total", outcome="fetched") for worker in workers]
        assert sum(tokens) == 1
