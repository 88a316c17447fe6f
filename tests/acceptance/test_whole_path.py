"""From Zoom's signed webhooks to Brevo's contacts, with every process and a real Kafka."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.broker import Broker
from tests.support.installation import installation, truth_about, webinar
from tests.support.processes import eventually


async def test_whole_path_webhooks_become_true_contacts_once(
    own_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Brevo equals the truth, a second sending changes nothing, and an outage answered 503 loses nothing."""
    first, second = webinar(60, seed=7), webinar(30, seed=8)
    async with installation(own_kafka.bootstrap, topic_prefix, tmp_path, is_forked=False, partitions=6) as home:
        await home.enlist(first, second)
        ingress, worker = home.start_ingress(), home.start_worker()
        await asyncio.gather(ingress.until_ready(), worker.until_ready())

        await home.send(first)
        assert await home.until_true(await truth_about(first)) == []
        assert home.events() >= len(first.people), "a truth without events would prove nothing"

        written, before = home.writes(), home.held()
        await home.send(first)
        await home.until_idle(worker)
        assert home.writes() == written
        assert home.held()["events"] == before["events"]
        assert home.held()["contacts"] == before["contacts"]

        await asyncio.to_thread(own_kafka.pause)
        sending = asyncio.create_task(home.send(second))

        async def refused() -> float:
            return await ingress.figure("rollcall_ingress_unavailable_total")

        await eventually(refused, what="deliveries are answered 503", tell=home.last_words)
        await asyncio.to_thread(own_kafka.resume)
        summary = await sending
        assert summary.answers["503"] > 0
        assert set(summary.answers) == {"200", "503"}
        assert await home.until_true(await truth_about(first, second)) == []

        await home.check_nothing_lost(first, second)
        accepted = await ingress.figure("rollcall_ingress_deliveries_total", outcome="accepted")
        # Of two that are equal and of one second, the later one is answered and not published again.
        replayed = await ingress.figure("rollcall_ingress_deliveries_total", outcome="replayed")
        assert accepted + replayed >= 2 * len(first.deliveries) + len(second.deliveries)
        assert await worker.figure("rollcall_worker_records_total", agent="track-attendance") >= accepted
        assert await worker.figure("rollcall_brevo_results_total", outcome="acknowledged") > 0
        assert (await ingress.stop(), await worker.stop()) == (0, 0)
        assert home.held()["refused"] == [], "a call that Brevo does not know"
