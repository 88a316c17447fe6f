"""Everything that Zoom would send about a world when nothing goes wrong, in the order of sending. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from sandbox.simulator import bodies
from sandbox.simulator.people import Inventor
from sandbox.simulator.world import Appearance, BookedSession, Person

MomentKind = Literal[
    "started", "ended", "joined", "left", "waiting", "role", "bind", "registration", "moved", "recorded"
]

# Somebody who dials in types a number that says whose telephone it is.
_BIND_SECONDS = 30


@dataclass(frozen=True)
class TimedWebhook:
    """One webhook before anything is lost, doubled or moved."""

    kind: MomentKind
    connection: str
    """`participant_uuid`; empty for what is about no connection."""
    body: bytes
    request_id: str
    sent_at: float
    """Seconds since 1970."""


class Timeline:
    """Collects messages. Zoom stamps `event_ts` 1 to 2 s after the fact and delivers within about 1.5 s of it."""

    def __init__(self, event: BookedSession, random: Random, inventor: Inventor) -> None:
        self._event = event
        self._random = random
        self._inventor = inventor
        self._messages: list[TimedWebhook] = []
        # Registrations come before any instance exists: their uuid is none of the live ones.
        self._booking_uuid = inventor.session_uuid("plain")

    def build(self, people: tuple[Person, ...]) -> list[TimedWebhook]:
        """All messages, in the order in which Zoom sends them."""
        for index, span in enumerate(self._event.spans):
            stamp = self._stamp(span.started_at)
            self._add("started", "", bodies.started(self._event, index, stamp), stamp)
            stamp = self._stamp(span.ended_at)
            self._add("ended", "", bodies.ended(self._event, index, stamp), stamp)
        if self._event.moved_at is not None:
            stamp = self._stamp(self._event.moved_at)
            self._add("moved", "", bodies.moved(self._event, stamp), stamp)
        for person in people:
            self._registrations(person)
            for visit in person.visits:
                (self._waiting if person.role == "waiting" else self._visit)(person, visit)
            if person.behaviour == "promoted" and self._event.object_type == "webinar":
                self._promotion(person, person.visits[0])
        return sorted(self._messages, key=lambda message: message.sent_at)

    def _stamp(self, at: int) -> int:
        """`event_ts` (ms) of a fact of that second."""
        return at * 1_000 + self._random.randint(1_000, 2_000)

    def _add(self, kind: MomentKind, connection: str, body: bodies.WebhookBody, event_ts: int) -> None:
        sent_at = event_ts / 1_000 + self._random.uniform(0.05, 1.5)
        request_id = self._inventor.request_id()
        self._messages.append(TimedWebhook(kind, connection, bodies.to_bytes(body), request_id, sent_at))

    def _registrations(self, person: Person) -> None:
        for enrolment in person.enrolments:
            if not enrolment.announced:
                continue
            stamp = self._stamp(enrolment.created_at)
            created = bodies.registration_created(self._event, person, enrolment, self._booking_uuid, stamp)
            self._add("registration", "", created, stamp)
            if enrolment.decided_at is not None:
                stamp = self._stamp(enrolment.decided_at)
                decided = bodies.registration_decided(self._event, person, enrolment, self._booking_uuid, stamp)
                self._add("registration", "", decided, stamp)

    def _visit(self, person: Person, visit: Appearance) -> None:
        edges = [visit.joined_at, *visit.moves, visit.left_at]
        for user_id, start, end in zip(visit.user_ids, edges, edges[1:], strict=False):
            stamp = self._stamp(start)
            body = bodies.joined(self._event, person, visit, user_id, start, stamp)
            self._add("joined", visit.connection, body, stamp)
            stamp = self._stamp(end)
            self._add("left", visit.connection, bodies.left(self._event, person, visit, user_id, end, stamp), stamp)

        if visit.bound_to is not None:
            at = visit.joined_at + _BIND_SECONDS
            stamp = self._stamp(at)
            self._add("bind", visit.connection, bodies.bound(self._event, person, visit, at, stamp), stamp)

    def _promotion(self, person: Person, visit: Appearance) -> None:
        at = (visit.joined_at + visit.left_at) // 2
        stamp = self._stamp(at)
        self._add("role", visit.connection, bodies.promoted(self._event, person, visit, at, stamp), stamp)

    def _waiting(self, person: Person, visit: Appearance) -> None:
        for name in ("participant_joined_waiting_room", "participant_left_waiting_room"):
            at = visit.joined_at if "joined" in name else visit.left_at + 20
            stamp = self._stamp(at)
            body = bodies.waiting(self._event, name, person, visit, at, stamp)
            self._add("waiting", visit.connection, body, stamp)
