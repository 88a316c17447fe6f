"""The decay sweep in whole: an old webinar's scores fall to what they are worth today, in every partition."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sandbox.simulator import simulate_webinar
from sandbox.truth import ContactTruth, Rules, Truth
from sandbox.truth.scores import DatedScore, contact_score, tier
from schemas.instants import SECONDS_PER_DAY, as_datetime, utc_date
from tests.support.installation import CHAOS, installation, truth_about

AGE_DAYS = 30


def swept(truth: Truth, now: int) -> Truth:
    """What a sweep of today makes of contacts whose only session was `AGE_DAYS` ago."""
    return replace(truth, contacts={email: faded(contact, now) for email, contact in truth.contacts.items()})


def faded(contact: ContactTruth, now: int) -> ContactTruth:
    """The contact with the score and tier of today, if the sweep writes it."""
    before, today = contact.contact_score, utc_date(now)
    if before is None:
        return contact
    scored = [DatedScore(before, today - timedelta(days=AGE_DAYS))]
    score, in_tier = contact_score(scored, today, Rules()), tier(scored, Rules(), today)
    if before - score < 5 and in_tier == contact.tier:
        return contact
    attributes = {**contact.attributes, "ENGAGEMENT_SCORE": score, "ENGAGEMENT_TIER": in_tier}
    return replace(contact, attributes=attributes)


async def test_sweep_lets_scores_fall_once_and_sends_no_event(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Switched on, it makes up for the latest day that is due, and the same facts again change nothing."""
    now = int(time.time()) - 3600
    noon = (now // SECONDS_PER_DAY - AGE_DAYS) * SECONDS_PER_DAY + SECONDS_PER_DAY // 2
    world = simulate_webinar(60, 51, CHAOS, starts_at=noon)
    truth = await truth_about(world)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        await home.enlist(world)
        ingress, worker = home.start_ingress(), home.start_worker()
        await asyncio.gather(ingress.until_ready(), worker.until_ready())
        await home.send(world)
        assert await home.until_true(truth) == []
        events = home.events()
        assert await worker.stop() == 0, worker.process.describe()

        file = tmp_path / "rollcall.yaml"
        file.write_text(f'{file.read_text()}scoring: {{decay_sweep: "{as_datetime(now):%H:%M}"}}\n')
        workers = home.start_worker(), home.start_worker("second")
        await asyncio.gather(*(service.until_ready() for service in workers))
        expected = swept(truth, now)
        assert expected != truth
        assert await home.until_true(expected) == []

        await home.send(world)
        await home.check_nothing_lost(world)
        assert await home.until_true(expected) == []
        assert home.events() == events
        assert [await service.stop() for service in (ingress, *workers)] == [0, 0, 0]
