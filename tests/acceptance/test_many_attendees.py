"""A webinar of many people, with everything that can go wrong, up to `attendance.results.v1` on the real path."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from sandbox.simulator import Chaos, World
from sandbox.truth import Rules, Truth, truth_of
from schemas.attendance import FACT, Result
from schemas.topics import ATTENDANCE_RESULTS
from tests.support.broker import Broker
from tests.support.installation import Installation, installation, webinar
from tests.support.kafka import read_to_end
from tests.support.processes import eventually

Shown = dict[tuple[str, str], tuple[str, int, int | None]]
LIMIT_SECONDS = 240
CHAOS: frozenset[Chaos] = frozenset({"dup", "reorder", "late", "lost-left", "lost-joined", "multi-device", "restart"})
CHECKS = {100: "[8s, 12s]", 10_000: "[60s, 80s]"}
"""When the report is read: later than the last late delivery of so many people."""


async def published(home: Installation, bootstrap: str, *, final: bool) -> Shown:
    """(status, seconds, late) by session and address, of the results that stand."""
    latest: dict[tuple[str, str], Result] = {}
    for message in await read_to_end(bootstrap, home.physical(ATTENDANCE_RESULTS)):
        fact = FACT.validate_json(message.value or b"")
        # A live result is told before the report's, which takes its place.
        if isinstance(fact, Result) and fact.is_final is final:
            known = latest.get((fact.session_uuid, fact.contact_id))
            if known is None or fact.revision >= known.revision:
                latest[fact.session_uuid, fact.contact_id] = fact
    standing = [result for result in latest.values() if not result.retracted]
    return {
        (result.session_uuid, result.email): (result.attendance_status, result.attended_seconds, result.late_seconds)
        for result in standing
    }


def shown(truth: Truth, *, no_shows: bool) -> Shown:
    """The same of the truth; who stayed away was not late."""
    return {
        (session.session_uuid, email): (
            person.presence.status,
            person.presence.attended_seconds,
            None if person.presence.status == "no_show" else person.presence.late_seconds,
        )
        for session in truth.sessions
        for email, person in session.people.items()
        if no_shows or person.presence.status != "no_show"
    }


async def until_equal(home: Installation, bootstrap: str, wanted: Shown, *, final: bool) -> None:
    """Wait until every person is as wanted."""
    found: Shown = {}

    async def equal() -> bool:
        found.clear()
        found.update(await published(home, bootstrap, final=final))
        return found == wanted

    def difference() -> str:
        differing = {key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key)}
        shown = [f"{key}: {found.get(key)} instead of {wanted.get(key)}" for key in sorted(differing)[:5]]
        return "\n".join([f"{len(differing)} of {len(wanted)} differ, such as", *shown, home.last_words()])

    await eventually(equal, timeout_seconds=LIMIT_SECONDS, what="everybody equals the truth", tell=difference)


def read_reports(home: Installation, attendees: int) -> None:
    """Zoom's report corrects the result, at times that a test can wait for."""
    file = home.directory / "rollcall.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("report_checks: []", f"report_checks: {CHECKS[attendees]}")
    )


async def truths(world: World) -> tuple[Truth, Truth]:
    """By the webhooks alone, and by the report."""
    bodies = [delivery.body for delivery in world.deliveries]
    by_webhooks = await asyncio.to_thread(truth_of, bodies, world.zoom)
    return by_webhooks, await asyncio.to_thread(truth_of, bodies, world.zoom, Rules(use_report=True))


async def play(home: Installation, kafka: Broker, world: World, disturb: Callable[[], None] | None = None) -> None:
    """Send everything; the live result equals the webhooks' truth, the corrected one the report's."""
    live, corrected = await truths(world)
    await home.enlist(world)
    sending = asyncio.create_task(home.send(world))
    if disturb is not None:
        await asyncio.sleep(1)
        await asyncio.to_thread(disturb)
    await sending
    if disturb is None:
        await until_equal(home, kafka.bootstrap, shown(live, no_shows=False), final=False)
    await until_equal(home, kafka.bootstrap, shown(corrected, no_shows=True), final=True)


@pytest.mark.parametrize("attendees", [100, pytest.param(10_000, marks=pytest.mark.torture)], ids=["100", "10000"])
async def test_live_result_then_report_equal_the_truth(
    attendees: int, own_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Lost, late, doubled and reordered events, several devices and a restart: first as told, then as corrected."""
    world = webinar(attendees, 11, CHAOS)
    async with installation(own_kafka.bootstrap, topic_prefix, tmp_path) as home:
        read_reports(home, attendees)
        ingress, worker = home.start_ingress(), home.start_worker()
        await ingress.until_ready()
        await worker.until_ready()
        await play(home, own_kafka, world)


@pytest.mark.torture
async def test_worker_and_broker_killed_in_between_end_in_the_same_truth(
    own_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Kill -9 of the worker at a random time, then of the broker: the corrected result is the same."""
    world = webinar(10_000, 11, CHAOS)
    random = Random(os.environ.get("ROLLCALL_SEED", "4"))
    async with installation(own_kafka.bootstrap, topic_prefix, tmp_path) as home:
        read_reports(home, 10_000)
        ingress, worker = home.start_ingress(), home.start_worker()
        await ingress.until_ready()
        await worker.until_ready()

        def disturb() -> None:
            worker.process.kill()
            own_kafka.kill()
            own_kafka.start()
            home.start_worker()

        await asyncio.sleep(random.random())
        await play(home, own_kafka, world, disturb)
