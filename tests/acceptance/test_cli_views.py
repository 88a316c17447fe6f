"""The looking commands on an installation with a finished webinar, as a person runs them."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from ops.demo.wiring import DemoPace
from sandbox.truth import Rules, truth_of
from schemas.codec import contact_id
from schemas.topics import BREVO_RESULTS, ENGAGEMENT_TICKS, RAW_EVENTS, TICKS, WORKERS, all_topics
from tests.support.broker import Broker
from tests.support.documented import documented
from tests.support.forks import run_forked
from tests.support.installation import Installation, installation, webinar
from tests.support.kafka import Message, read_to_end
from tests.support.processes import eventually, rollcall_command

Run = Callable[..., Awaitable[subprocess.CompletedProcess[str]]]

ATTENDEES = 12
"""With the seed of below the webinar of the pages that show these commands."""
WIDTH = 80
PAGES = ("tutorial/first-webinar.md", "how-to/look.md")
LOOKING = ("sessions", "session", "explain", "trace")


async def test_the_commands_tell_what_is_true_of_a_finished_webinar(
    own_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Sessions, people by address, reasons, CSV, health with and without a worker, and without a Kafka that answers."""
    world = webinar(ATTENDEES, seed=7)
    async with installation(own_kafka.bootstrap, topic_prefix, tmp_path) as home:
        home.write_configuration(DemoPace(report_seconds=(4, 8)))
        await home.enlist(world)
        ingress, worker = home.start_ingress(), home.start_worker()
        await asyncio.gather(ingress.until_ready(), worker.until_ready())
        await home.send(world)
        bodies = [delivery.body for delivery in world.deliveries]
        truth = await asyncio.to_thread(truth_of, bodies, world.zoom, Rules(use_report=True))
        assert await home.until_true(truth) == []
        variables = home.wiring.worker("looking")
        for secret in ("BREVO_API_KEY", "ZOOM_CLIENT_SECRET"):
            del variables[secret]

        async def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return await asyncio.to_thread(_run, variables, *arguments)

        line: dict[str, Any] = {}

        async def told_in_full() -> bool:
            """What Brevo answered last is in Kafka a moment later."""
            nonlocal line
            (line,) = orjson.loads((await run("sessions", "--json")).stdout)["sessions"] or [{}]
            return (line.get("not_synced"), line.get("state")) == (0, "final")

        await eventually(told_in_full, timeout_seconds=90, what="every result is acknowledged", tell=home.last_words)
        statuses = Counter(contact.status for contact in truth.contacts.values())
        counts = (line["attended"], line["left_early"], line["no_shows"])
        assert counts == (statuses["attended"], statuses["left_early"], statuses["no_show"])

        listed = await run("sessions", "--since", "7d", line["topic"].split()[0].upper())
        assert (listed.returncode, listed.stderr) == (0, "")
        assert max(map(len, listed.stdout.splitlines())) <= WIDTH
        assert "final" in listed.stdout

        people = list(csv.DictReader(io.StringIO((await run("session", "latest", "--csv")).stdout)))
        expected = {
            contact.email: (contact.status, str(contact.score), contact_id(contact.email))
            for contact in truth.contacts.values()
            if contact.status in ("attended", "left_early", "no_show")
        }
        assert {row["email"]: (row["status"], row["score"], row["contact_id"]) for row in people} == expected
        assert {row["brevo"] for row in people} == {"written"}

        absent = next(contact for contact in truth.contacts.values() if contact.status == "no_show")
        why = await run("explain", absent.email.upper())
        assert why.returncode == 0, why.stderr
        assert absent.email in why.stdout
        assert "no show: registered and approved, and never seen" in why.stdout
        assert "nothing was seen in webhooks and in Zoom's report" in why.stdout

        best = max(truth.contacts.values(), key=lambda contact: contact.contact_score or 0)
        told = orjson.loads((await run("explain", best.email, "--session", "latest", "--json")).stdout)
        assert (told["standing"]["score"], told["standing"]["tier"]) == (best.contact_score, best.tier)
        assert told["history"][-1]["tier"] == best.tier
        assert told["sessions"][0]["minutes"] == ((best.attended_seconds or 0) + 30) // 60
        assert told["standing"]["why"] == best.why
        assert any(call["kind"] == "upsert" and call["outcome"] == "acknowledged" for call in told["calls"])

        shown = await run("session", line["session_uuid"], "--people", "--differences")
        assert best.email in shown.stdout
        assert max(map(len, shown.stdout.splitlines())) <= WIDTH

        nobody = await run("explain", "nobody@example.com", "--json")
        assert (nobody.returncode, orjson.loads(nobody.stdout)["exit_code"]) == (1, 1)
        assert "no contact has this address" in nobody.stderr
        assert "nobody@" not in nobody.stderr
        unknown = await run("session", "no such topic")
        assert unknown.returncode == 1
        assert line["session_uuid"] in unknown.stderr

        await check_pages(run)
        previewed = orjson.loads(
            (
                await asyncio.to_thread(_run, home.wiring.worker("looking"), "preview", "--session", "latest", "--json")
            ).stdout
        )
        assert (previewed["session"], previewed["total"] > 0) == (line["session_uuid"], True)
        in_kafka = await stored(home)
        steps = await check_trace_of_contact(in_kafka, run, best.email)
        await check_trace_of_session(in_kafka, run, line["session_uuid"])
        await check_trace_of_delivery(steps, run)

        well = await run("status")
        assert "all is well" in well.stdout, well.stdout
        assert well.returncode == 0
        assert "at the ingress" in well.stdout
        assert "upsert" in well.stdout
        assert await worker.stop() == 0
        down = await run("status", "--json")
        assert down.returncode == 1
        assert any("no worker is running" in sentence for sentence in orjson.loads(down.stdout)["needs_a_person"])

        await asyncio.to_thread(own_kafka.pause)
        stale = await run("sessions")
        await asyncio.to_thread(own_kafka.resume)
        assert stale.returncode == 0
        assert "does not answer" in stale.stderr
        assert "what follows is of" in stale.stderr
        assert stale.stdout == listed.stdout


async def check_pages(run: Run) -> None:
    """Guides show what these commands really print."""
    shown = [command for page in PAGES for command in documented(page) if command.words[0] in LOOKING]
    assert {command.words[0] for command in shown} == set(LOOKING)
    for command in shown:
        is_trace = command.words[0] == "trace"  # in which order records came is another each time
        words = command.words[:3] if is_trace else command.words
        told = await run(*words)
        printed = told.stdout + ("0 earlier steps are left out: --since or --limit" if is_trace else "")
        assert command.missing(printed, in_order=not is_trace) == [], (command.words, told.stdout, told.stderr)


Places = set[tuple[str, int | None, int | None]]


async def stored(home: Installation) -> list[tuple[str, Message]]:
    """Everything that is in Kafka, with its topic, but clocks and what workers say of themselves."""
    bootstrap = home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"]
    topics = [topic for topic in all_topics() if topic not in (TICKS, ENGAGEMENT_TICKS, WORKERS)]
    return [(topic.name, record) for topic in topics for record in await read_to_end(bootstrap, home.physical(topic))]


def places(found: list[tuple[str, Message]], *words: str) -> Places:
    """Where records lie whose text has one of the words; `private.ana@example.com` is another address than its end."""
    wanted = re.compile(rb"(?<![\w.-])(?:%b)" % b"|".join(re.escape(word).encode() for word in words))
    return {
        (topic, record.partition, record.offset)
        for topic, record in found
        if wanted.search((record.value or b"").lower())
    }


def places_of(steps: list[dict[str, Any]]) -> Places:
    """Where the records of a trace lie."""
    return {(step["topic"], step["partition"], step["offset"]) for step in steps}


async def check_trace_of_contact(found: list[tuple[str, Message]], run: Run, email: str) -> list[dict[str, Any]]:
    """It has every record that names them, in order of time, each where it really lies."""
    steps: list[dict[str, Any]] = orjson.loads((await run("trace", "contact", email, "--json")).stdout)["steps"]
    assert places(found, email, contact_id(email)) <= places_of(steps)
    # As instants: a full second is written without a fraction.
    stored_at = [datetime.fromisoformat(step["stored_at"]) for step in steps]
    assert stored_at == sorted(stored_at)
    assert {step["kind"] for step in steps} >= {"event", "answer", "decision", "score", "command", "call"}
    assert {step["email"] for step in steps if step["topic"] == "attendance.results.v1"} == {email}
    masked = await run("trace", "contact", contact_id(email), "--mask", "--csv")
    assert "@" not in masked.stdout
    assert len(masked.stdout.splitlines()) == len(steps) + 1
    return steps


async def check_trace_of_session(found: list[tuple[str, Message]], run: Run, uuid: str) -> None:
    """It has every webhook, and what became of every command that it caused; or the latest of these alone."""
    told = orjson.loads((await run("trace", "session", "latest", "--json", "--limit", "100000")).stdout)
    of_session, held = told["steps"], places_of(told["steps"])
    assert {(topic, record.partition, record.offset) for topic, record in found if topic == RAW_EVENTS.name} <= held
    assert {place for place in places(found, uuid.lower()) if place[0] == BREVO_RESULTS.name} <= held
    few = orjson.loads((await run("trace", "session", uuid, "--json", "--limit", "7")).stdout)
    assert (few["steps"], few["left_out"]) == (of_session[-7:], len(of_session) - 7)


async def check_trace_of_delivery(steps: list[dict[str, Any]], run: Run) -> None:
    """It begins with the delivery, by whichever name, and goes on with what followed for its person."""
    joined = next(step for step in steps if step["what"] == "webinar.participant_joined")
    place = f"raw:{joined['partition']}:{joined['offset']}"
    by_place, by_id = [
        orjson.loads((await run("trace", "delivery", which, "--json")).stdout)["steps"]
        for which in (place, joined["event_id"])
    ]
    assert by_place == by_id
    assert joined in by_place
    assert all(step in steps for step in by_place)
    assert any(step["kind"] == "call" for step in by_place)
    shown = await run("trace", "delivery", place)
    assert max(map(len, shown.stdout.splitlines())) <= WIDTH
    gone = await run("trace", "delivery", "raw:0:99999999")
    assert (gone.returncode, "is not there" in gone.stderr) == (2, True)


def _run(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Without a terminal: 80 columns."""
    return run_forked(rollcall_command(*arguments), {"PATH": "/usr/bin:/bin", **variables}, timeout_seconds=120)
