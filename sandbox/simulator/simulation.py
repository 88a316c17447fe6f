"""Seeded sessions: one seed, one world, on every machine. PURE: no clock, no I/O."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import NamedTuple

from sandbox.simulator.cast import Casting
from sandbox.simulator.chaos import disturb
from sandbox.simulator.guests import with_phones, with_strays
from sandbox.simulator.people import Inventor
from sandbox.simulator.plan import HeldOccurrence, Planner
from sandbox.simulator.recordings import recording_messages
from sandbox.simulator.reports import Report
from sandbox.simulator.rest import zoom_state
from sandbox.simulator.timeline import Timeline
from sandbox.simulator.world import BookedSession, Chaos, Person, Planned, UnsignedDelivery, World
from sandbox.zoom.state import ZoomState
from schemas.attendance import ObjectType
from schemas.instants import SECONDS_PER_DAY

ACCOUNT_ID: str = ZoomState.model_fields["account_id"].default
_TOPICS = {
    "webinar": ("Produktwebinar: Añadir datos en vivo", "Streaming für Einsteiger", "Quarterly roadmap, live"),
    "meeting": ("Onboarding: Kickoff für Neukunden", "Office hours", "Café con clientes"),
}


def simulate_webinar(
    attendees: int,
    seed: int,
    chaos: frozenset[Chaos] = frozenset(),
    *,
    starts_at: int,
    duration_minutes: int = 60,
    account_id: str = ACCOUNT_ID,
    credentials: tuple[str, str] | None = None,
    recorded: bool = False,
) -> World:
    """A webinar with registrants, panelists, guests and own people.

    Args:
        attendees: how many people end as contacts (registered ones, no-shows included, and guests with an address);
            hosts, panelists, own people, anonymous guests, pending and denied registrants come on top.
        seed: decides everything that is not an argument.
        chaos: what goes wrong, or differs (docs/reference/simulator.md).
        starts_at: scheduled start, seconds since 1970.
        duration_minutes: scheduled length, at least 20.
        account_id: Zoom account the webhooks name.
        credentials: client id and secret of the sandbox's Zoom; ``None``: its defaults.
        recorded: there is a cloud recording of each instance.
    """
    event = _Booked("webinar", starts_at, duration_minutes, account_id, recorded)
    return _simulate(event, attendees, seed, chaos, credentials)


def simulate_meeting(
    attendees: int,
    seed: int,
    chaos: frozenset[Chaos] = frozenset(),
    *,
    starts_at: int,
    duration_minutes: int = 60,
    account_id: str = ACCOUNT_ID,
    credentials: tuple[str, str] | None = None,
    recorded: bool = False,
) -> World:
    """A meeting: as `simulate_webinar`, with a waiting room and without panelists and no-shows."""
    event = _Booked("meeting", starts_at, duration_minutes, account_id, recorded)
    return _simulate(event, attendees, seed, chaos, credentials)


class _Booked(NamedTuple):
    """What the caller says of the session."""

    kind: ObjectType
    starts_at: int
    duration_minutes: int
    account_id: str
    recorded: bool


def _simulate(
    booked: _Booked, attendees: int, seed: int, chaos: frozenset[Chaos], credentials: tuple[str, str] | None
) -> World:
    kind, starts_at = booked.kind, booked.starts_at
    # What people do must not depend on what happens to deliveries, so each has its own generator.
    plan, wire = Random(f"{kind} {seed} plan"), Random(f"{kind} {seed} wire")
    inventor = Inventor(plan)
    trouble = Random(f"{kind} {seed} trouble")
    object_id, topic = plan.randint(80_000_000_000, 99_999_999_999), plan.choice(_TOPICS[kind])
    planner = Planner(plan, trouble, inventor, chaos, kind == "webinar")
    planned = planner.schedule(starts_at)
    held = _held(planner, planned, starts_at, booked.duration_minutes * 60)
    spans = tuple(sorted((span for occurrence in held for span in occurrence.spans), key=lambda span: span.started_at))
    casting = Casting(plan, inventor, spans, held, planned, chaos, kind == "webinar")
    people = _people(casting, attendees, trouble)
    host = people[0]
    event = BookedSession(
        object_type=kind,
        object_id=object_id,
        account_id=booked.account_id,
        host_id=host.zoom_user_id,
        topic=topic,
        starts_at=starts_at,
        duration_minutes=booked.duration_minutes,
        spans=spans,
        recorded=booked.recorded,
        planned=planned,
        moved_at=planner.moved_at(starts_at),
    )
    messages = Timeline(event, plan, inventor).build(people)
    if event.recorded:
        messages += recording_messages(event, Random(f"{kind} {seed} recording"))
        messages.sort(key=lambda message: message.sent_at)
    messages = disturb(messages, chaos, wire)
    deliveries = tuple(
        UnsignedDelivery(webhook.body, webhook.request_id, webhook.sent_at - starts_at) for webhook in messages
    )
    known = dict(zip(("client_id", "client_secret"), credentials or (), strict=False))
    report = Report(Random(f"{kind} {seed} report"), chaos, starts_at - SECONDS_PER_DAY // 2)
    return World(event, people, deliveries, zoom_state(event, people, report, known), chaos)


def _held(planner: Planner, planned: tuple[Planned, ...], starts_at: int, length: int) -> tuple[HeldOccurrence, ...]:
    """What took place, in order; drawn from the last on, so that a series changes as little else as possible."""
    available = [plan for plan in planned if plan.status == "available" and plan.starts_at <= starts_at]
    newest_first = [planner.held(plan, length, is_last=plan.starts_at == starts_at) for plan in reversed(available)]
    return tuple(reversed(newest_first))


def _people(casting: Casting, attendees: int, trouble: Random) -> tuple[Person, ...]:
    """Everybody, the host first."""
    people = [casting.person("host", "none", "full", "email"), *casting.attendees(attendees)]
    people += casting.extras(attendees)
    if "stray-run" in casting.chaos:
        stranger = replace(casting.person("guest", "none", "absent", "nothing"), visits=())
        people = with_strays(people, stranger, casting.spans, casting.inventor)
    if "phone-legs" in casting.chaos:
        people = with_phones(people, casting.spans, trouble, casting.inventor)
    return tuple(people)
