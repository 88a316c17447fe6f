"""The looking commands on an installation with a finished webinar, as a person runs them."""

from __future__ import annotations

import asyncio
import csv
import io
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import orjson

from ops.demo.wiring import DemoPace
from sandbox.truth import Rules, truth_of
from schemas.codec import contact_id
from tests.support.broker import Broker
from tests.support.installation import installation, webinar
from tests.support.processes import eventually, rollcall_command

ATTENDEES = 24
WIDTH = 80


async def test_the_commands_tell_what_is_true_of_a_finished_webinar(
    own_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Sessions, people by address, reasons, CSV, health with and without a worker, and without a Kafka that answers."""
    world = webinar(ATTENDEES, seed=7)
    async with installation(own_kafka.bootstrap, topic_prefix, tmp_path) as home:
        home.wiring.write_configuration(DemoPace(report_seconds=(4, 8)))
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
        statuses = Counter(each.status for each in truth.contacts.values())
        counts = (line["attended"], line["left_early"], line["no_shows"])
        assert counts == (statuses["attended"], statuses["left_early"], statuses["no_show"])

        listed = await run("sessions", "--since", "7d", line["topic"].split()[0].upper())
        assert (listed.returncode, listed.stderr) == (0, "")
        assert max(map(len, listed.stdout.splitlines())) <= WIDTH
        assert "final" in listed.stdout

        people = list(csv.DictReader(io.StringIO((await run("session", "latest", "--csv")).stdout)))
        expected = {
            each.email: (each.status, str(each.score), contact_id(each.email))
            for each in truth.contacts.values()
            if each.status in ("attended", "left_early", "no_show")
        }
        assert {row["email"]: (row["status"], row["score"], row["contact_id"]) for row in people} == expected
        assert {row["brevo"] for row in people} == {"written"}

        absent = next(each for each in truth.contacts.values() if each.status == "no_show")
        why = await run("explain", absent.email.upper())
        assert why.returncode == 0, why.stderr
        assert absent.email in why.stdout
        assert "no show: registered and approved, and never seen" in why.stdout
        assert "nothing was seen in webhooks and in Zoom's report" in why.stdout

        best = max(truth.contacts.values(), key=lambda each: each.contact_score or 0)
        told = orjson.loads((await run("explain", best.email, "--session", "latest", "--json")).stdout)
        assert (told["standing"]["score"], told["standing"]["tier"]) == (best.contact_score, best.tier)
        assert told["history"][-1]["tier"] == best.tier
        assert told["sessions"][0]["minutes"] == (best.attended_seconds or 0) // 60
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

        well = await run("status")
        assert "all is well" in well.stdout, well.stdout
        assert well.returncode == 0
        assert "at the ingress" in well.stdout
        assert "upsert" in well.stdout
        assert await worker.stop() == 0
        down = await run("status", "--json")
        assert down.returncode == 1
        assert any("no worker is running" in each for each in orjson.loads(down.stdout)["needs_a_person"])

        await asyncio.to_thread(own_kafka.pause)
        stale = await run("sessions")
        await asyncio.to_thread(own_kafka.resume)
        assert stale.returncode == 0
        assert "does not answer" in stale.stderr
        assert "what follows is of" in stale.stderr
        assert stale.stdout == listed.stdout


def _run(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Without a terminal: 80 columns."""
    return subprocess.run(
        rollcall_command(*arguments), env={"PATH": "/usr/bin:/bin", **variables}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
