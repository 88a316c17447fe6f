"""`rollcall backfill`: past webinars of a Zoom that stumbles, through a real worker, into Brevo's contacts."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from sandbox.simulator import World, simulate_webinar
from sandbox.truth import EventTruth, Rules, Truth, truth_of
from sandbox.zoom.backend import ZoomOptions
from sandbox.zoom.state import ZoomState
from schemas.topics import ATTENDANCE_RESULTS, RAW_EVENTS
from tests.support.broker import Broker
from tests.support.installation import Installation, installation
from tests.support.kafka import end_offsets, read_to_end
from tests.support.processes import eventually, rollcall_command, running

DAYS = 45
FAULTS: tuple[dict[str, Any], ...] = (
    {"endpoint": "/report/users/{}/meetings", "status": 429, "retry_after": "seconds"},
    {"endpoint": "/report/webinars/{}/participants", "status": 500},
    {"endpoint": "/webinars/{}/registrants", "kind": "expired_page"},
)


def past_webinars(count: int, attendees: int, largest: int = 480) -> list[World]:
    """Webinars of the last weeks that nobody was listening to; one has more people than a page of Zoom's."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    starts = [noon - timedelta(days=3 + number * (DAYS - 4) // count) for number in range(count)]
    return [
        simulate_webinar(attendees if number else largest, 500 + number, starts_at=int(start.timestamp()))
        for number, start in enumerate(starts)
    ]


def told_truth(worlds: Sequence[World]) -> Truth:
    """What Zoom's reports and lists say of sessions of which only the start and the end were heard."""
    bodies = [delivery.body for world in worlds for delivery in world.deliveries]
    told = [body for body in bodies if orjson.loads(body)["event"] in ("webinar.started", "webinar.ended")]
    known = ZoomState()
    for world in worlds:
        known = known.merged(world.zoom)
    return truth_of(told, known, Rules(use_report=True))


def truth_without_events(worlds: Sequence[World]) -> Truth:
    """The same, and no event for anybody."""
    truth = told_truth(worlds)
    contacts = {email: replace(contact, events=()) for email, contact in truth.contacts.items()}
    return replace(truth, contacts=contacts)


def events_of(truth: Truth, email: str) -> tuple[EventTruth, ...]:
    """The events of one contact; none for whom the truth does not speak of."""
    return truth.contacts[email].events if email in truth.contacts else ()


async def run(home: Installation, *options: str, limit_seconds: float) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON document of the command for the whole period."""
    today = datetime.now(UTC).date()
    days = ("--from", (today - timedelta(days=DAYS)).isoformat(), "--to", today.isoformat())
    return await rollcall(home, "backfill", *days, "--json", *options, limit_seconds=limit_seconds)


async def rollcall(home: Installation, *arguments: str, limit_seconds: float = 60) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON document of any command."""
    log = home.directory / "backfill.log"
    log.unlink(missing_ok=True)
    with running(rollcall_command(*arguments), log=log, env=home.wiring.worker("command")) as process:

        async def stopped() -> bool:
            return process.exit_code is not None

        await eventually(stopped, timeout_seconds=limit_seconds, what="the command ends", tell=process.describe)
        code = process.wait()
        output = process.output()
    lines = [line for line in output.splitlines() if line.startswith("{")]
    assert lines, output
    return code, json.loads(lines[-1])


async def suppressed(home: Installation) -> Counter[str]:
    """How many events of each name were not sent, as the results tell."""
    return Counter(result.name or "" for result in await home.results() if result.outcome == "suppressed")


async def until_suppressed(home: Installation, truth: Truth) -> Counter[str]:
    """Wait until every event that a live session would have called for is recorded; how many of each name."""
    people = [person for occurrence in truth.sessions for person in occurrence.people.values()]
    stayed_away = sum(person.presence.status == "no_show" for person in people)
    wanted = {"zoom_webinar_attended": len(people) - stayed_away, "zoom_webinar_no_show": stayed_away}

    async def complete() -> bool:
        return await suppressed(home) == wanted

    await eventually(complete, what="every event is recorded as suppressed", tell=home.last_words)
    return Counter(wanted)


async def faults_left(home: Installation) -> list[dict[str, Any]]:
    """The faults that have not hit yet."""
    async with aiohttp.ClientSession() as session, session.get(f"{home.wiring.zoom_url}/_sandbox/faults") as answer:
        left: list[dict[str, Any]] = await answer.json()
        return left


async def inject(home: Installation) -> None:
    """Let Zoom stumble three times."""
    async with aiohttp.ClientSession() as session:
        for fault in FAULTS:
            async with session.post(f"{home.wiring.zoom_url}/_sandbox/faults", json=fault) as answer:
                answer.raise_for_status()


def configure(home: Installation) -> None:
    """Reports are read, and the plan is that of the sandbox's account."""
    file = home.directory / "rollcall.yaml"
    text = file.read_text(encoding="utf-8").replace("report_checks: []", "report_checks: [1s]")
    file.write_text(f"{text}zoom_api: {{plan: business}}\n", encoding="utf-8")


async def test_backfill_with_events_sends_them_for_its_sessions_and_without_records_them_as_suppressed(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Two hosts: one's webinar is filled in without events, the other's with."""
    quiet, loud = past_webinars(2, 12, 12)
    truth, spoken = truth_without_events([quiet, loud]), told_truth([loud])
    async with installation(kafka_bootstrap, topic_prefix, tmp_path, zoom=ZoomOptions(plan="business")) as home:
        configure(home)
        await home.enlist(quiet, loud)
        worker = home.start_worker()
        await worker.until_ready(120)
        code, counted = await run(home, "--yes", "--host", quiet.event.host_id, limit_seconds=60)
        assert (code, counted["published"], counted["origin"]) == (0, 1, "backfill")
        assert await home.until_true(truth_without_events([quiet])) == []
        left_out = await until_suppressed(home, truth_without_events([quiet]))
        code, shown = await rollcall(home, "effects", "--json")
        assert (code, shown["in_doubt"], shown["suppressed"]) == (0, [], dict(left_out))

        code, counted = await run(home, "--yes", "--events", "--host", loud.event.host_id, limit_seconds=60)
        assert (code, counted["published"], counted["origin"]) == (0, 1, "backfill_with_events")
        wanted = {email: replace(contact, events=events_of(spoken, email)) for email, contact in truth.contacts.items()}
        assert sum(len(contact.events) for contact in wanted.values()) > 0
        assert await home.until_true(replace(truth, contacts=wanted)) == []
        assert await suppressed(home) == left_out


@pytest.mark.parametrize(
    ("count", "attendees", "participants", "limit_seconds"),
    [
        pytest.param(12, 40, 800, 180, marks=pytest.mark.torture),
        pytest.param(200, 105, 20_000, 1_500, marks=pytest.mark.torture),
    ],
    ids=["12", "200"],
)
async def test_past_webinars_become_true_contacts_without_events_and_only_once(
    count: int,
    attendees: int,
    participants: int,
    limit_seconds: float,
    own_kafka: Broker,
    topic_prefix: str,
    tmp_path: Path,
) -> None:
    """A 429, a 500 and an expired page on the way; no Brevo event; a dry run and a second run change nothing."""
    worlds = past_webinars(count, attendees)
    truth = await asyncio.to_thread(truth_without_events, worlds)
    assert sum(len(session.people) for session in truth.sessions) >= participants
    options = ZoomOptions(plan="business")
    async with installation(own_kafka.bootstrap, topic_prefix, tmp_path, zoom=options) as home:
        configure(home)
        await home.enlist(*worlds)
        await inject(home)
        worker = home.start_worker()
        await worker.until_ready(120)

        code, counted = await run(home, "--dry-run", limit_seconds=limit_seconds)
        assert (code, counted["sessions"], counted["published"], counted["skipped"]) == (0, count, 0, [])
        assert counted["webinars"] == count
        assert counted["estimated_calls"] >= 6 * count
        assert sum((await end_offsets(own_kafka.bootstrap, home.physical(RAW_EVENTS))).values()) == 0

        began = time.monotonic()
        code, counted = await run(home, "--yes", limit_seconds=limit_seconds)
        assert (code, counted["published"], counted["skipped"]) == (0, count, [])
        assert await home.until_true(truth, timeout_seconds=limit_seconds) == []
        assert await faults_left(home) == []
        assert home.events() == 0
        told = await until_suppressed(home, truth)
        print(f"{count} webinars, {len(truth.contacts)} contacts: {time.monotonic() - began:.0f} s")  # noqa: T201

        await home.until_idle(worker)
        results = await end_offsets(own_kafka.bootstrap, home.physical(ATTENDANCE_RESULTS))
        written, held = home.writes(), home.held()
        code, counted = await run(home, "--yes", limit_seconds=limit_seconds)
        assert (code, counted["published"]) == (0, count)
        await home.until_idle(worker)
        raw = await read_to_end(own_kafka.bootstrap, home.physical(RAW_EVENTS))
        headers = [dict(message.headers) for message in raw]
        assert len(raw) == 4 * count
        assert len({header["ce_id"] for header in headers}) == 2 * count
        assert {header["origin"] for header in headers} == {b"backfill"}
        assert await end_offsets(own_kafka.bootstrap, home.physical(ATTENDANCE_RESULTS)) == results
        assert home.writes() == written
        assert home.held()["contacts"] == held["contacts"]
        assert home.events() == 0
        assert await suppressed(home) == told
