"""Seeded sessions: one seed, one world, on every machine. PURE: no clock, no I/O."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from sandbox.simulator.cast import Casting
from sandbox.simulator.chaos import disturb
from sandbox.simulator.people import Inventor
from sandbox.simulator.recordings import recording_messages
from sandbox.simulator.rest import zoom_state
from sandbox.simulator.timeline import Timeline
from sandbox.simulator.world import Chaos, Delivery, Event, ObjectType, Span, World
from sandbox.zoom.state import ZoomState

ACCOUNT_ID: str = ZoomState.model_fields["account_id"].default
_TOPICS = {
    "webinar": ("Produktwebinar: Añadir datos en vivo", "Streaming für Einsteiger", "Quarterly roadmap, live"),
    "meeting": ("Onboarding: Kickoff für Neukunden", "Office hours", "Café con clientes"),
}
_RESTART_GAP_SECONDS = 240


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
        chaos: what goes wrong; `multi-device` and `restart` change what people do, the rest only the deliveries.
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
    object_id, topic = plan.randint(80_000_000_000, 99_999_999_999), plan.choice(_TOPICS[kind])
    spans = _spans(plan, inventor, starts_at, booked.duration_minutes * 60, restart="restart" in chaos)
    casting = Casting(plan, inventor, spans, starts_at, "multi-device" in chaos, kind == "webinar")
    host = casting.person("host", "none", "full", "email")
    people = (host, *casting.attendees(attendees), *casting.extras(attendees))
    event = Event(
        object_type=kind,
        object_id=object_id,
        account_id=booked.account_id,
        host_id=host.zoom_user_id,
        topic=topic,
        starts_at=starts_at,
        duration_minutes=booked.duration_minutes,
        spans=spans,
        recorded=booked.recorded,
    )
    messages = Timeline(event, plan, inventor).build(people)
    if event.recorded:
        messages += recording_messages(event, Random(f"{kind} {seed} recording"))
        messages.sort(key=lambda message: message.sent_at)
    messages = disturb(messages, chaos, wire)
    deliveries = tuple(Delivery(each.body, each.request_id, each.sent_at - starts_at) for each in messages)
    known = dict(zip(("client_id", "client_secret"), credentials or (), strict=False))
    return World(event, people, deliveries, zoom_state(event, people, known), chaos)


def _spans(plan: Random, inventor: Inventor, starts_at: int, length: int, *, restart: bool) -> tuple[Span, ...]:
    start, end = starts_at - plan.randint(0, 60), starts_at + length + plan.randint(-60, 120)
    uuids = [inventor.session_uuid(plan.choice(("slash", "slash", "inner", "plain"))) for _ in range(2)]
    # Drawn whether or not it is used: a restart then changes as little else as possible.
    stop = start + int((end - start) * plan.uniform(0.3, 0.6))
    if not restart:
        return (Span(uuids[0], start, end),)
    return Span(uuids[0], start, stop), Span(uuids[1], stop + _RESTART_GAP_SECONDS, end)
