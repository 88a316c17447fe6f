"""Start and end events: whom they are about, when, and once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import orjson
import pytest

from processors.attendance.book import ATTENDANCE_TABLE, Book
from processors.attendance.intake.notices import tell_start
from processors.attendance.settings import TrackingSettings
from processors.engine.turn_view import TurnView
from sandbox.simulator import Chaos, World, simulate_meeting, simulate_webinar
from schemas.attendance import FACT, Notice
from schemas.lookups import LookupKind
from schemas.ticks import Tick
from schemas.topics import TICKS
from tests.support.rules import record
from tests.support.tracking import START_MS, Pipeline, configuration
from tests.support.worked_examples import Example, seconds

STARTS_AT = START_MS // 1_000 - 4_200
ON: dict[str, Any] = {"sessions": {"report_checks": []}, "brevo": {"events": {"started": True, "ended": True}}}


def _webinar(*chaos: Chaos) -> World:
    return simulate_webinar(25, 7, frozenset(chaos), starts_at=STARTS_AT)


def _bodies(world: World) -> list[bytes]:
    return [delivery.body for delivery in world.deliveries]


def _event(body: bytes) -> str:
    return str(orjson.loads(body)["event"])


def _told(pipeline: Pipeline, name: str) -> Counter[str]:
    return Counter(event.email for event in pipeline.events if event.name == name)


def _approved(pipeline: Pipeline) -> set[str]:
    return {
        registration.email
        for registration in pipeline.registrations.values()
        if registration.registration_status == "approved"
    }


def test_registrants_are_told_of_the_start_when_the_first_of_them_is_there() -> None:
    """Not at `webinar.started`: that may be of a practice session, which nobody but hosts and panelists joins."""
    world = _webinar()
    pipeline = Pipeline(configuration(**ON), world.zoom)
    bodies = _bodies(world)
    before = [body for body in bodies if not _event(body).startswith("webinar.participant")]
    pipeline.feed(event for event in before if _event(event) != "webinar.ended")
    assert _approved(pipeline)
    assert not _told(pipeline, "zoom_webinar_started")
    pipeline.feed(body for body in bodies if _event(body) == "webinar.participant_joined")
    told = _told(pipeline, "zoom_webinar_started")
    assert set(told) == _approved(pipeline)
    assert set(told.values()) == {1}
    (event,) = {event.event_date for event in pipeline.events if event.name == "zoom_webinar_started"}
    assert event.timestamp() == min(session.started_at for session in _sessions(pipeline, world)).timestamp()


def _without_end(run: str, now: str) -> tuple[Pipeline, list[bytes]]:
    """A webinar at 10:00 with a registrant by webhook and one by list, of whom one is in a run; what came of it."""
    example = Example()
    for line in ("webinar 10:00 60 min", "registered ana", "registered bo by list", f"run A {run}"):
        example.read(line)
    example.read(f"ana in A {run} (registrant_id Rana)")
    pipeline = Pipeline(configuration(**ON), example.zoom())
    pipeline.now_ms = seconds(now) * 1_000
    return pipeline, [body for body in example.bodies if b"left" not in body]


def test_who_is_there_before_the_scheduled_start_begins_it() -> None:
    """A small webinar: everybody came early, and nobody joins any more when its time comes."""
    pipeline, bodies = _without_end("09:55-11:00", "09:55:02")
    pipeline.feed(body for body in bodies if b"ended" not in body)
    assert not _told(pipeline, "zoom_webinar_started")
    pipeline.settle(hours=0.1)
    assert _told(pipeline, "zoom_webinar_started") == {"ana@example.com": 1, "bo@example.com": 1}


def test_who_tried_the_link_before_does_not_begin_it() -> None:
    """When the time comes they have left, and nobody has opened the webinar."""
    pipeline, bodies = _without_end("-1d 09:55-10:05", "-1d 10:06")
    pipeline.feed(bodies)
    pipeline.settle(hours=26)
    assert not _told(pipeline, "zoom_webinar_started")


@pytest.mark.parametrize("held", ["session", "registrants", "identities"])
def test_start_is_told_of_once_zoom_has_said_who_is_registered(held: LookupKind) -> None:
    """To who is no contact yet nothing can be sent; Zoom may answer long after everybody has joined."""
    pipeline, bodies = _without_end("10:00-11:00", "10:30")
    pipeline.held_back = frozenset({held})
    pipeline.feed(body for body in bodies if b"ended" not in body)
    assert not _told(pipeline, "zoom_webinar_started")
    pipeline.let_through(held)
    pipeline.settle(hours=0.1)
    assert _told(pipeline, "zoom_webinar_started") == {"ana@example.com": 1, "bo@example.com": 1}


def _sessions(pipeline: Pipeline, world: World) -> list[Any]:
    pipeline.feed(_bodies(world))
    pipeline.settle()
    return list(pipeline.results.values())


@pytest.mark.parametrize("chaos", [(), ("dup", "reorder"), ("restart",)], ids=str)
def test_everybody_concerned_is_told_once_of_start_and_end(chaos: tuple[Chaos, ...]) -> None:
    """Whatever the order, the repeats and the host's restarts: at most once for all instances."""
    world = _webinar(*chaos)
    pipeline = Pipeline(configuration(**ON), world.zoom)
    pipeline.feed(_bodies(world))
    pipeline.settle()
    for name in ("zoom_webinar_started", "zoom_webinar_ended"):
        keys = Counter((event.email, key) for event in pipeline.events if event.name == name for key in event.once_keys)
        assert keys
        assert set(keys.values()) == {1}
    # Who came, and who was registered before the end and stayed away.
    results, told = {result.email for result in pipeline.results.values()}, set(_told(pipeline, "zoom_webinar_ended"))
    assert results <= told <= results | _approved(pipeline)
    assert set(_told(pipeline, "zoom_webinar_started")) <= _approved(pipeline)
    (ended,) = {event.event_date for event in pipeline.events if event.name == "zoom_webinar_ended"}
    assert ended == max(result.ended_at for result in pipeline.results.values())


def test_who_came_to_a_meeting_is_told_of_its_end() -> None:
    """At its start nobody is a contact yet."""
    world = simulate_meeting(10, 7, frozenset(), starts_at=STARTS_AT)
    pipeline = Pipeline(configuration(**ON), world.zoom)
    pipeline.feed(_bodies(world))
    pipeline.settle()
    assert set(_told(pipeline, "zoom_meeting_ended")) == {result.email for result in pipeline.results.values()}


@pytest.mark.parametrize(("settings", "origin"), [({"sessions": {"report_checks": []}}, b"live"), (ON, b"backfill")])
def test_nobody_is_told_by_default_or_by_a_back_fill(settings: dict[str, Any], origin: bytes) -> None:
    """Each is a mail to many."""
    world = _webinar()
    pipeline = Pipeline(configuration(**settings), world.zoom)
    pipeline.feed(_bodies(world), origin)
    pipeline.settle()
    assert pipeline.results
    assert not [fact for fact in pipeline.facts if isinstance(fact, Notice)]


@pytest.mark.parametrize("refused", [{"topics": {"deny": ["*"]}}, {"exclude_domains": ["example.com", "example.net"]}])
def test_who_is_filtered_out_is_told_nothing(refused: dict[str, Any]) -> None:
    """Of a session that is not synced at all, or as a person left out."""
    world = _webinar()
    pipeline = Pipeline(configuration(filters=refused, **ON), world.zoom)
    pipeline.feed(_bodies(world))
    pipeline.settle()
    told = {fact.email.rpartition("@")[2] for fact in pipeline.facts if isinstance(fact, Notice)}
    assert not told & {"example.com", "example.net"}
    assert not (told and "topics" in refused)


def test_start_is_told_in_steps_of_bounded_size() -> None:
    """Ten thousand registrants must not hold up the others of the partition; the steps go on where one stopped."""
    world = _webinar()
    pipeline = Pipeline(configuration(**ON), world.zoom)
    pipeline.feed(body for body in _bodies(world) if _event(body) != "webinar.ended")
    settings = replace(TrackingSettings.from_configuration(pipeline.settings), step=3)
    ticks = [Tick.from_bytes(output.value or b"") for output in pipeline.sent[TICKS.name]]
    (job,) = (tick.job for tick in ticks if tick.kind == "announce")
    told: list[str] = []
    while job:
        view = TurnView(0, {ATTENDANCE_TABLE: pipeline.stores[ATTENDANCE_TABLE]})
        object_id, uuid, cursor = job.split("|", 2)
        tell_start(Book(view, pipeline.zoom.account_id, object_id, 0, settings), uuid, cursor)
        view.commit(record(TICKS.name, b""))
        outputs = [output for output, _ in view.outbox]
        found = [FACT.validate_json(output.value or b"").contact_id for output in outputs if output.topic != TICKS.name]
        assert len(found) <= settings.step
        told += found
        job = next((Tick.from_bytes(output.value or b"").job for output in outputs if output.topic == TICKS.name), None)
    assert len(told) == len(set(told)) == len(_approved(pipeline))
