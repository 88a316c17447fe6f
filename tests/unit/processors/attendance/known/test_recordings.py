"""Recordings on tables in memory: who is told, whatever comes first and however often, against the truth."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import orjson
import pytest

from runtime.models import Configuration
from sandbox.simulator import Chaos, World, simulate_meeting, simulate_webinar
from sandbox.simulator.recordings import recording_row
from sandbox.truth import truth_of
from sandbox.truth.rules import Rules
from schemas.attendance import SessionRecording
from schemas.brevo import SendRecording, TrackEvent
from schemas.topics import BREVO_COMMANDS, BREVO_COMMANDS_BULK, LOOKUPS
from tests.support.recordings import unrecorded
from tests.support.tracking import START_MS, Pipeline, configuration
from tests.support.worked_examples import Example, address, seconds

STARTS_AT = START_MS // 1_000 - 4_200
LIVE: dict[str, list[str]] = {"report_checks": []}
CHECKED = {"report_checks": ["5m", "15m", "60m", "4h"]}


def webinar(*chaos: Chaos, seed: int = 7) -> World:
    """A recorded webinar."""
    return simulate_webinar(25, seed, frozenset(chaos), starts_at=STARTS_AT, recorded=True)


def split(world: World) -> tuple[list[bytes], list[bytes]]:
    """What tells of the recording, and everything else."""
    bodies = [delivery.body for delivery in world.deliveries]
    told = [body for body in bodies if orjson.loads(body)["event"] == "recording.completed"]
    return told, [body for body in bodies if body not in told]


def assert_told(pipeline: Pipeline, world: World, rules: Rules | None = None) -> None:
    """Each contact of the truth is told once of each occurrence, of a recording that it has, and nobody else is."""
    truth = truth_of([delivery.body for delivery in world.deliveries], world.zoom, rules)
    wanted = {
        (contact.email, str(event.properties["session_uuid"])): [
            (right.at, right.properties) for right in (event, *event.alternatives)
        ]
        for contact in truth.contacts.values()
        for event in (*contact.events, *contact.mails)
        if event.name == "zoom_recording_ready"
    }
    told = pipeline.recordings_told
    assert wanted
    assert sorted((command.email, command.session or "") for command in told) == sorted(wanted)
    for command in told:
        assert (int(command.event_date.timestamp()), command.properties) in wanted[command.email, command.session or ""]


@pytest.mark.parametrize("chaos", [(), ("dup", "reorder"), ("restart", "multi-device")], ids=str)
@pytest.mark.parametrize("simulate", [simulate_webinar, simulate_meeting])
def test_recording_is_told_to_everybody_once(simulate: Callable[..., World], chaos: tuple[Chaos, ...]) -> None:
    """Zoom tells of each instance's twice; the link has no query, where the passcode was."""
    world = simulate(25, 7, frozenset(chaos), starts_at=STARTS_AT, recorded=True)
    pipeline = Pipeline(configuration(sessions=LIVE), world.zoom)
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle()
    assert_told(pipeline, world)
    assert b"pwd=" not in b"".join(output.value or b"" for sent in pipeline.sent.values() for output in sent)


def sent(pipeline: Pipeline) -> list[TrackEvent | SendRecording]:
    """What the sink makes of the commands: done for one once key is done for all."""
    done: set[tuple[str, str]] = set()
    first = []
    for command in pipeline.recordings_told:
        keys = {(command.email, key) for key in command.once_keys}
        if not keys & done:
            first.append(command)
        done |= keys
    return first


@pytest.mark.parametrize("seed", range(6))
def test_recording_is_told_once_in_any_order_with_repeats_and_restarts(seed: int) -> None:
    """Before the results, between them and after; also when two instances turn out to be one occurrence."""
    world, random = webinar("restart", seed=seed), Random(seed)
    bodies = [delivery.body for delivery in world.deliveries]
    random.shuffle(bodies)
    bodies += random.sample(bodies, len(bodies) // 4)
    pipeline = Pipeline(configuration(sessions=LIVE), world.zoom, random)
    for start in range(0, len(bodies), len(bodies) // 3 + 1):
        pipeline.feed(bodies[start : start + len(bodies) // 3 + 1])
        pipeline.restart()
        pipeline.settle(hours=0.1)
    pipeline.settle()
    links = {recording_row(world.event, index)["share_url"].partition("?")[0] for index in range(2)}
    told = [command.email for command in sent(pipeline)]
    assert len(told) == len(set(told))
    # Somebody may have been told before it was known that a rule leaves them out.
    assert {result.email for result in pipeline.results.values()} <= set(told)
    assert {command.properties["share_url"] for command in sent(pipeline)} <= links


def test_recording_after_the_final_result_is_told_when_it_comes() -> None:
    """Nothing else changes by it, and its repeats change nothing at all."""
    world = webinar()
    told, rest = split(world)
    pipeline = Pipeline(configuration(sessions=LIVE), unrecorded(world.zoom))
    pipeline.feed(rest)
    pipeline.settle(hours=3)
    assert pipeline.recordings_told == []
    upserts, events = len(pipeline.upserts), len(pipeline.events)
    for _ in range(3):
        pipeline.feed(told)
        pipeline.settle(hours=3)
    assert_told(pipeline, world)
    assert len(pipeline.upserts) == upserts
    assert len(pipeline.events) == events + len(pipeline.recordings_told)


def test_recording_is_told_with_the_final_result() -> None:
    """Nobody is told of a session as one who missed it while they may still have come, and nobody of half of it."""
    world = webinar()
    pipeline = Pipeline(configuration(sessions=CHECKED), world.zoom)
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle(hours=0.05)
    assert pipeline.results
    assert not pipeline.recordings_told
    pipeline.settle()
    assert any(result.attendance_status == "no_show" for result in pipeline.results.values())
    assert {command.email for command in pipeline.recordings_told} == {
        result.email for result in pipeline.results.values()
    }


def test_person_who_turns_out_to_have_come_is_told_then_and_once() -> None:
    """Recordings for attendees alone; the report knows of joins that no webhook told of."""
    world = webinar()
    bodies = [delivery.body for delivery in world.deliveries if b'"participant_uuid"' not in delivery.body]
    chosen = {"recordings": {"to": ["attended", "left_early"]}}
    pipeline = Pipeline(configuration(sessions=CHECKED, brevo=chosen), world.zoom)
    pipeline.feed(bodies)
    pipeline.settle(hours=0.05)
    assert pipeline.recordings_told == []
    pipeline.settle()
    came = {result.email for result in pipeline.results.values() if result.attendance_status != "no_show"}
    assert came
    assert sorted(command.email for command in pipeline.recordings_told) == sorted(came)


def test_recordings_are_waited_for_from_the_first_of_them_on() -> None:
    """Three runs, and of the last no recording ever comes: six hours after the first, not the second."""
    example = Example()
    runs = ("A 10:00-10:20", "B 10:22-10:40", "C 10:42-11:00")
    for run in runs:
        example.read(f"run {run}")
        example.read(f"ana in {run}")
    pipeline = Pipeline(configuration(sessions=LIVE), example.zoom())
    pipeline.now_ms = seconds("11:01") * 1_000
    pipeline.feed(example.bodies)
    for name in ("A", "B"):
        example.read(f"recording {name} at 11:02")
        pipeline.feed(example.bodies[-1:])
        pipeline.settle(hours=2.9)
    assert not pipeline.recordings_told
    pipeline.settle(hours=0.5)
    (told,) = pipeline.recordings_told
    assert told.properties["parts"] == 2


def test_recording_that_was_told_is_the_one_that_is_told_later_too() -> None:
    """Zoom tells of it again, longer now; who turns out to have come then gets the link that the others have."""
    example = Example()
    lines = "meeting\nrun A 10:00-11:00\nana in A 10:00-11:00\nbo in A 10:00-10:30\nrecording A at 11:10"
    for line in lines.splitlines():
        example.read(line)
    late = [body for body in example.bodies if b'"bo pc"' in body]
    pipeline = Pipeline(configuration(sessions=LIVE), example.zoom())
    pipeline.now_ms = seconds("11:11") * 1_000
    pipeline.feed(body for body in example.bodies if body not in late)
    pipeline.settle(hours=1)
    example.runs["A"] = (seconds("10:00"), seconds("11:20"))
    example.read("recording A at 12:30")
    pipeline.feed([example.bodies[-1], *late])
    pipeline.settle()
    told = {command.email: command.properties["minutes"] for command in pipeline.recordings_told}
    assert told == {address("ana"): 60, address("bo"): 60}
    assert len(pipeline.recordings) == len(told), "nobody is told twice"


@pytest.mark.parametrize(
    ("chosen", "statuses"),
    [
        ({"to": ["no_show"]}, {"no_show"}),
        ({"to": ["attended", "left_early"]}, {"attended", "left_early"}),
        ({"to": []}, set()),
        ({"sessions": ["meeting"]}, set()),
    ],
)
def test_recording_is_told_to_whom_the_configuration_names(chosen: dict[str, object], statuses: set[str]) -> None:
    """By how they took part, and in what."""
    world = webinar()
    pipeline = Pipeline(configuration(sessions=LIVE, brevo={"recordings": chosen}), world.zoom)
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle()
    wanted = {result.email for result in pipeline.results.values() if result.attendance_status in statuses}
    assert {command.email for command in pipeline.recordings_told} == wanted


def test_recording_events_that_are_switched_off_tell_nobody() -> None:
    """The facts go on: others may read them."""
    world = webinar()
    pipeline = Pipeline(configuration(sessions=CHECKED, brevo={"events": {"recording": False}}), world.zoom)
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle()
    assert pipeline.recordings_told == []
    assert pipeline.recordings


def test_recordings_that_are_not_synced_are_neither_told_nor_asked_for() -> None:
    """By account."""
    world = webinar()
    settings = configuration(sessions=CHECKED)
    account = {**settings.connectors.zoom[0].model_dump(), "sync": {"recordings": False}}
    settings = Configuration.model_validate({**settings.model_dump(), "connectors": {"zoom": account}})
    pipeline = Pipeline(settings, world.zoom)
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle()
    assert pipeline.recordings == []
    assert not any(b'"lookup":"recordings"' in (output.value or b"") for output in pipeline.sent[LOOKUPS.name])


def test_recording_of_which_no_webhook_told_is_asked_for_with_the_final_result() -> None:
    """Once for each instance."""
    world = webinar("restart")
    _told, rest = split(world)
    pipeline = Pipeline(configuration(sessions=CHECKED), world.zoom)
    pipeline.feed(rest)
    pipeline.settle()
    asked = [
        output.value for output in pipeline.sent[LOOKUPS.name] if b'"lookup":"recordings"' in (output.value or b"")
    ]
    assert len(asked) == 2
    links = {recording.share_url for recording in pipeline.recordings}
    assert links <= {recording_row(world.event, index)["share_url"].partition("?")[0] for index in range(2)}
    people = {result.email for result in pipeline.results.values()}
    assert sorted(command.email for command in pipeline.recordings_told) == sorted(people)


def test_recording_of_a_back_fill_is_marked_as_such_and_not_asked_for() -> None:
    """The sink suppresses it: nobody is mailed about last summer's webinar."""
    world = webinar()
    told, rest = split(world)
    pipeline = Pipeline(configuration(sessions=CHECKED), world.zoom)
    pipeline.feed(rest, origin=b"backfill")
    pipeline.settle()
    assert not any(
        b'"lookup":"recordings"' in (output.value or b"") for sent in pipeline.sent.values() for output in sent
    )
    pipeline.feed(told)
    pipeline.settle()
    assert {command.origin for command in pipeline.recordings_told} == {"backfill"}
    topics = {
        topic
        for topic in (BREVO_COMMANDS.name, BREVO_COMMANDS_BULK.name)
        for output in pipeline.sent.get(topic, [])
        if b'"reason":"recording"' in (output.value or b"")
    }
    assert topics == {BREVO_COMMANDS_BULK.name}


def test_recording_by_template_is_a_mail_with_the_same_once_keys() -> None:
    """Whoever was told by the event is not mailed after the configuration has changed, nor the other way round."""
    world = webinar()
    commands = {}
    for by in ("event", "template"):
        chosen = {"recordings": {"by": by, "template": 41}}
        pipeline = Pipeline(configuration(sessions=LIVE, brevo=chosen), world.zoom)
        pipeline.feed(delivery.body for delivery in world.deliveries)
        pipeline.settle()
        assert_told(pipeline, world, Rules(recordings_by_mail=by == "template"))
        commands[by] = {command.email: (command.name, command.once_keys) for command in pipeline.recordings_told}
    assert commands["event"] == commands["template"]
    mails = [command for command in pipeline.recordings_told if isinstance(command, SendRecording)]
    assert {mail.template_id for mail in mails} == {41}
    assert {mail.properties["status"] for mail in mails} == {"attended", "left_early", "no_show"}


def test_recording_by_campaign_is_one_command_of_the_session_once_the_result_is_final() -> None:
    """Not before: who stayed away is on no list yet. Repeats, and everything sent again, add nothing."""
    campaign = {"lists": [16, 18], "subject": "It is there", "template": 41, "sender": {"id": 3}}
    chosen = {"recordings": {"by": "campaign", "campaign": campaign}}
    world = webinar("restart")
    pipeline = Pipeline(configuration(sessions={"report_checks": ["1h"]}, brevo=chosen), world.zoom)
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle(hours=0.5)
    assert not [fact for fact in pipeline.facts if isinstance(fact, SessionRecording)]
    assert pipeline.campaigns == []
    pipeline.settle()
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.restart()
    pipeline.settle()
    (command,) = pipeline.campaigns
    assert command.contact_id == f"session-{world.event.object_id}"
    assert len(command.once_keys) == 2
    assert "pwd=" not in str(command.properties["share_url"])
    assert pipeline.recordings_told == []


def test_recording_of_a_backfill_is_a_campaign_of_a_backfill() -> None:
    """Which the sink suppresses."""
    campaign = {"lists": [16], "subject": "It is there", "template": 41, "sender": {"id": 3}}
    chosen = {"recordings": {"by": "campaign", "campaign": campaign}}
    world = webinar()
    pipeline = Pipeline(configuration(sessions=LIVE, brevo=chosen), world.zoom)
    pipeline.feed((delivery.body for delivery in world.deliveries), origin=b"backfill")
    pipeline.settle()
    assert [campaign.origin for campaign in pipeline.campaigns] == ["backfill"]


def test_recording_without_a_session_is_forgotten_in_time() -> None:
    """Of a session that Rollcall never heard of otherwise nothing stays."""
    world = webinar()
    told, _rest = split(world)
    pipeline = Pipeline(configuration(sessions=LIVE), world.zoom)
    pipeline.feed(told)
    assert pipeline.rows(b"w|")
    pipeline.settle(hours=36 * 24)
    assert pipeline.rows() == []


def test_session_with_a_recording_is_forgotten_in_time() -> None:
    """Every row goes."""
    world = webinar("restart")
    pipeline = Pipeline(configuration(sessions=LIVE), world.zoom)
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle(hours=80 * 24)
    assert pipeline.rows() == []
