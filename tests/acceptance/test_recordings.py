"""Recordings from Zoom's webhook to Brevo, with repeats, replays and `kill -9`: nobody is told twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import orjson
import pytest

from ops.simulate import recent_start
from processors.brevo.decisions.campaigns import campaign_body
from processors.engagement.campaigns import campaign_command
from runtime.brevo_models import Campaign
from sandbox.brevo.campaign_bodies import NewCampaign
from sandbox.brevo.faults import BrevoFault
from sandbox.brevo.validation import parse
from sandbox.simulator import World, simulate_webinar
from sandbox.truth import Truth, truth_of
from sandbox.truth.rules import Rules
from schemas.topics import ATTENDANCE_RESULTS, BREVO_COMMANDS, BREVO_COMMANDS_BULK, LOOKUP_RESULTS, RAW_EVENTS
from tests.support.commands import rollcall
from tests.support.contact_facts import session_recording
from tests.support.installation import CHAOS, Installation, installation
from tests.support.kafka import Message, produce, read_to_end
from tests.support.processes import eventually
from tests.support.recordings import unrecorded
from tests.support.service import Service

Way = Literal["event", "template"]
ATTENDEES = 60
CAMPAIGN: dict[str, Any] = {
    "lists": [16, 18],
    "subject": "The recording",
    "template": 41,
    "sender": {"id": 3},
    "after_minutes": 0,
}
PATHS: dict[Way, str] = {"event": "/v3/events", "template": "/v3/smtp"}


def recorded(seed: int) -> tuple[World, World, World]:
    """A webinar whose recording Zoom tells of by webhook alone: all of it, before the recording, the recording."""
    world = simulate_webinar(ATTENDEES, seed, CHAOS, starts_at=recent_start(60), recorded=True)
    world = replace(world, zoom=unrecorded(world.zoom))
    telling = [
        delivery for delivery in world.deliveries if orjson.loads(delivery.body)["event"] == "recording.completed"
    ]
    rest = tuple(delivery for delivery in world.deliveries if delivery not in telling)
    return world, replace(world, deliveries=rest), replace(world, deliveries=tuple(telling))


def choose(home: Installation, **chosen: Any) -> None:
    """Write `brevo.recordings` into the file."""
    file = home.directory / "rollcall.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    keys = f", recordings: {orjson.dumps(chosen).decode()}, mails_per_second: 200, account_calls_per_hour: 3000}}"
    lines = [line.removesuffix("}") + keys if line.startswith("brevo:") else line for line in lines]
    file.write_text("\n".join(lines), encoding="utf-8")


def told(home: Installation) -> Counter[str]:
    """How often each address was told of a recording, by event or mail."""
    held = home.held()
    events = [
        event["identifiers"]["email_id"] for event in held["events"] if event["event_name"] == "zoom_recording_ready"
    ]
    return Counter([*events, *(mail["to"][0] for mail in held["mails"])])


async def started(home: Installation) -> Service:
    """Ingress and worker, ready."""
    ingress, worker = home.start_ingress(), home.start_worker()
    await asyncio.gather(ingress.until_ready(), worker.until_ready())
    return worker


def unsubscribe(home: Installation, truth: Truth) -> frozenset[str]:
    """Three people say so to Brevo, whose webhook Rollcall does not have; their addresses."""
    emails = frozenset(sorted(truth.contacts)[:3])
    for email in emails:
        contact = home.brevo.state.store.contacts.find(email, "email_id")
        assert contact is not None
        contact.email_blacklisted = True
    return emails


@pytest.mark.parametrize("way", ["event", pytest.param("template", marks=pytest.mark.torture)])
async def test_recording_is_told_once_through_kills_repeats_and_replays(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path, way: Way
) -> None:
    """After the results; to attendees and no-shows, to nobody who has unsubscribed, and to nobody twice."""
    world, before, telling = recorded(seed=41)
    bodies = [delivery.body for delivery in world.deliveries]
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        choose(home, by=way, template=41)
        await home.enlist(world)
        worker = await started(home)
        await home.send(before)
        assert await home.until_true(truth_of([delivery.body for delivery in before.deliveries], world.zoom)) == []
        rules = Rules(recordings_by_mail=way == "template")
        unmailed = unsubscribe(home, truth_of(bodies, world.zoom, rules))
        truth = truth_of(bodies, world.zoom, replace(rules, unmailed=unmailed))

        # A kill comes amid the first calls, however late it is: they are longer under way.
        home.brevo.state.faults.add(BrevoFault(kind="slow", path_prefix=PATHS[way], delay_seconds=4))
        await home.send(telling)
        for more in (5, 3):  # what is in doubt after the first kill is told to nobody
            wanted = len(told(home)) + more

            async def under_way(count: int = wanted) -> bool:
                return len(told(home)) >= count

            await eventually(under_way, timeout_seconds=60, what=f"{wanted} are told", tell=home.last_words)
            worker.process.kill()
            worker = home.start_worker()
        home.brevo.state.faults.clear()
        await worker.until_ready()
        await home.until_idle(worker)
        doubtful = await home.until_true(truth)
        assert {result.name for result in doubtful} <= {"zoom_recording_ready"}

        # Zoom tells of it once more, as does somebody who replays everything.
        await home.send(world)
        await home.until_idle(worker)
        assert await home.until_true(truth) == doubtful
        assert max(told(home).values()) == 1
        assert not unmailed & set(told(home))
        await home.check_nothing_lost(world)
        assert home.held()["refused"] == []
        assert await worker.stop() == 0, worker.process.describe()
        await assert_no_secret(home)


async def assert_no_secret(home: Installation) -> None:
    """Passcodes, download links and tokens are on no topic, in no log, and not at Brevo."""
    bootstrap = home.wiring.kafka["KAFKA_BOOTSTRAP_SERVERS"]
    for topic in (RAW_EVENTS, LOOKUP_RESULTS, ATTENDANCE_RESULTS, BREVO_COMMANDS):
        text = b"".join(message.value or b"" for message in await read_to_end(bootstrap, home.physical(topic)))
        assert text
        for secret in (b"pwd=", b"download", b"passcode", b"DOWNLOAD.TOKEN", b"rec/play"):
            assert secret not in text, (topic.name, secret)
    assert "pwd=" not in orjson.dumps(home.held()).decode() + home.last_words()


async def test_recording_before_and_among_the_results_is_told_once(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Zoom's own answer tells of it too; to attendees alone, as configured."""
    world = simulate_webinar(ATTENDEES, 42, CHAOS, starts_at=recent_start(60), recorded=True)
    telling = tuple(delivery for delivery in world.deliveries if b'"recording.completed"' in delivery.body)
    statuses = ("attended", "left_early")
    truth = truth_of(
        [delivery.body for delivery in world.deliveries], world.zoom, Rules(recordings=frozenset(statuses))
    )
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        choose(home, to=statuses)
        await home.enlist(world)
        worker = await started(home)
        await home.send(replace(world, deliveries=telling))
        await home.send(world)
        assert await home.until_true(truth) == []
        assert max(told(home).values()) == 1
        assert await worker.stop() == 0, worker.process.describe()


async def test_session_gets_one_campaign_though_the_worker_is_killed_before_it_is_sent(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """The draft of the worker that died is found and sent; repeats and a replay send no other; nobody gets more."""
    world, before, telling = recorded(seed=43)
    rules = Rules(recordings=frozenset())
    truth = truth_of([delivery.body for delivery in world.deliveries], world.zoom, rules)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        choose(home, by="campaign", campaign=CAMPAIGN)
        await home.enlist(world)
        worker = await started(home)
        await home.send(before)
        assert await home.until_true(truth) == []
        unmailed = unsubscribe(home, truth)

        # The draft is made, and the worker never hears of its id.
        home.brevo.state.faults.add(
            BrevoFault(kind="slow", path_prefix="/v3/emailCampaigns", method="POST", delay_seconds=60, count=1)
        )
        await home.send(telling)

        async def is_draft() -> bool:
            return bool(home.held()["campaigns"])

        await eventually(is_draft, timeout_seconds=60, what="there is a draft", tell=home.last_words)
        worker.process.kill()
        assert [campaign["status"] for campaign in home.held()["campaigns"]] == ["draft"]
        worker = home.start_worker()

        async def is_sent() -> bool:
            return [campaign["status"] for campaign in home.held()["campaigns"]] == ["sent"]

        await eventually(is_sent, timeout_seconds=60, what="the draft is sent", tell=home.last_words)
        (sent,) = home.held()["campaigns"]
        wanted = {contact.email for contact in truth.contacts.values() if contact.lists & {16, 18}} - unmailed
        assert sorted(sent["mailed"]) == sorted(wanted)
        assert sent["params"]["share_url"].startswith("https://")

        await home.send(world)
        await home.until_idle(worker)
        assert await home.until_true(truth) == []
        assert home.calls("POST", "/emailCampaigns/{campaign_id}/sendNow") == 1
        assert [campaign["status"] for campaign in home.held()["campaigns"]] == ["sent"]
        assert told(home) == Counter()
        assert home.held()["refused"] == []
        assert await worker.stop() == 0, worker.process.describe()
        await assert_no_secret(home)


async def test_campaign_that_somebody_suspended_is_listed_and_decided_by_a_person(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Whether it was sent before is not known: no other one is made."""
    command = campaign_command(session_recording())
    campaign = Campaign.model_validate(CAMPAIGN)
    async with installation(kafka_bootstrap, topic_prefix, tmp_path) as home:
        choose(home, by="campaign", campaign=CAMPAIGN)
        campaigns = home.brevo.state.store.campaigns
        body = parse(NewCampaign, campaign_body(command, campaign))
        campaigns.get(campaigns.create(body, home.brevo.state.now())).status = "suspended"
        worker = await started(home)
        message = Message(command.to_bytes(), command.contact_id.encode())
        await produce(kafka_bootstrap, home.physical(BREVO_COMMANDS_BULK), [message])

        async def is_in_doubt() -> bool:
            return len(await home.in_doubt()) == 1

        await eventually(is_in_doubt, timeout_seconds=60, what="it is in doubt", tell=home.last_words)
        await home.until_doubts_are_counted(worker)
        code, listed, _ = await rollcall(home.wiring.worker(), "effects", "--check", "--json")
        (doubt,) = listed["in_doubt"]
        assert (code, doubt["contact_id"], doubt["at_brevo"]) == (1, command.contact_id, "unknown")
        assert listed["without_contact"] == []
        campaigns.get(1).status = "sent"
        code, told, _ = await rollcall(home.wiring.worker(), "effects", "resolve", doubt["id"], "--resend", "--json")
        assert (code, told["done"]) == (1, False)
        code, told, _ = await rollcall(home.wiring.worker(), "effects", "resolve", doubt["id"], "--sent", "--json")
        assert (code, told["at_brevo"]) == (0, "yes")
        assert len(campaigns.held) == 1
        assert await worker.stop() == 0, worker.process.describe()
