"""Who is in a world: registrations, roles and stays of everybody. PURE."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from sandbox.simulator.behaviour import BEHAVIOURS, USUAL, Stretches, add_device
from sandbox.simulator.people import Inventor
from sandbox.simulator.plan import HeldOccurrence
from sandbox.simulator.world import Appearance, CastRole, Chaos, Enrolment, Person, Planned, RunSpan

Enrolled = Literal["at once", "by hand", "listed", "cancelled", "twice", "twice open", "none", "pending", "denied"]
Shows = Literal["both", "registrant", "email", "other email", "user", "nothing"]
_DAY = 86_400
_SOURCES = ("newsletter", "linkedin", "website", "partner", None)
# One of each kind that the rules tell apart; worlds of fewer people have the first ones.
_WANTED: tuple[tuple[Enrolled, str, Shows], ...] = (
    ("at once", "full", "both"),
    ("at once", "absent", "nothing"),
    ("at once", "rejoin", "registrant"),
    ("listed", "early", "registrant"),
    ("none", "full", "email"),
    ("by hand", "devices", "both"),
    ("cancelled", "absent", "nothing"),
    ("at once", "mover", "registrant"),
    ("twice", "late", "registrant"),
    ("at once", "full", "other email"),
    ("listed", "absent", "nothing"),
    ("at once", "blink", "email"),
    ("none", "rejoin", "email"),
    ("at once", "outside", "registrant"),
    ("twice open", "devices", "email"),
    ("at once", "overstay", "both"),
    ("cancelled", "early", "email"),
    ("by hand", "very late", "email"),
    ("at once", "promoted", "both"),
)
_ENROLLED: tuple[Enrolled, ...] = ("at once",) * 10 + ("by hand",) * 3 + ("listed",) * 3 + ("none",) * 3 + (
    "cancelled", "twice", "twice open",
)  # fmt: skip
_SHOWS: tuple[Shows, ...] = ("both", "both", "both", "registrant", "registrant", "email")


@dataclass(frozen=True)
class Casting:
    """What the people of one world are made from."""

    random: Random
    inventor: Inventor
    spans: tuple[RunSpan, ...]
    """All runs of the world, in order."""
    held: tuple[HeldOccurrence, ...]
    """What took place; the last one is what everybody is cast for."""
    planned: tuple[Planned, ...]
    chaos: frozenset[Chaos]
    webinar: bool

    def attendees(self, count: int) -> list[Person]:
        """`count` people who end as contacts: registered ones, and guests with an address."""
        people = []
        for index in range(count):
            enrolled, behaviour, shows = _WANTED[index] if index < len(_WANTED) else self._usual()
            if not self.webinar and behaviour in ("absent", "outside"):
                behaviour, shows = "full", "both"  # a meeting knows no no-shows: who was not there is no contact
            role: CastRole = "guest" if enrolled == "none" else "attendee"
            if self.webinar and index == len(_WANTED):
                # A speaker who registered as well: a contact by the registration, never by attendance.
                role, enrolled, behaviour, shows = "panelist", "at once", "full", "email"
            people.append(self.person(role, enrolled, behaviour, shows))
        return people

    def _usual(self) -> tuple[Enrolled, str, Shows]:
        enrolled = self.random.choice(_ENROLLED)
        if enrolled == "none":
            return enrolled, self.random.choice(USUAL), "email"
        absent = 0.8 if enrolled == "cancelled" else 0.22
        if self.random.random() < absent:
            return enrolled, "absent", "nothing"
        return enrolled, self.random.choice(USUAL), self.random.choice(_SHOWS)

    def extras(self, count: int) -> list[Person]:
        """People who must not become contacts through attendance, for a world of `count` attendees."""
        few = max(1, count // 25)
        people = [self.person("anonymous", "none", self.random.choice(USUAL), "nothing") for _ in range(2 * few)]
        people += [self.person("attendee", "pending", "absent", "nothing") for _ in range(few)]
        people += [self.person("attendee", "denied", "absent", "nothing") for _ in range(few)]
        people += [
            self.person("internal", "none", "full", "email"),
            self.person("internal", "none", "early", "user"),
            self.person("internal", "at once", "late", "registrant"),
            self.person("internal", "at once", "absent", "nothing"),
        ]
        if self.webinar:
            people += [self.person("panelist", "none", "full", "email") for _ in range(2)]
        else:
            people.append(self.person("waiting", "none", "blink", "nothing"))
            people.append(self.person("attendee", "at once", "outside", "registrant"))
        return people

    def person(self, role: CastRole, enrolled: Enrolled, behaviour: str, shows: Shows) -> Person:
        """Somebody new."""
        inside = role in ("host", "internal")
        first, last, email = self.inventor.name("staff.example.com" if inside else None)
        enrolments = self._enrolments(enrolled, email)
        user = self.inventor.zoom_user(email) if inside else ""
        visits = self._visits(self.held[-1], self._stays(self.held[-1], role, behaviour), shows, email, enrolments)
        for other in self.held[:-1]:
            again = self._behaviour_at(other, role, behaviour, enrolments)
            shown = self.random.choice(_SHOWS) if shows == "nothing" and role == "attendee" else shows
            visits += self._visits(other, self._stays(other, role, again), shown, email, enrolments)
        if role in ("host", "panelist"):
            visits += self._behind_the_scenes(role, email)
        known = role not in ("anonymous", "waiting")
        return Person(role, behaviour, first, last, email if known else "", user, enrolments, visits)

    def _stays(self, held: HeldOccurrence, role: CastRole, behaviour: str) -> Stretches:
        stays = BEHAVIOURS[behaviour](self.random, held.begins_at, held.ends_at)
        if "multi-device" in self.chaos and role in ("attendee", "guest") and self.random.random() < 0.4:
            stays = add_device(self.random, stays, held.ends_at)
        if "early-doors" in self.chaos and stays and self.random.random() < 0.3:
            lobby = self.random.randint(held.opens_at + 30, held.begins_at - 120)
            stays = [replace(stays[0], joined_at=min(lobby, stays[0].joined_at)), *stays[1:]]
        return stays

    def _behaviour_at(
        self, held: HeldOccurrence, role: CastRole, behaviour: str, enrolments: tuple[Enrolment, ...]
    ) -> str:
        """What somebody does in another occurrence of the series."""
        if role == "host":
            return "full"
        booked = [enrolment for enrolment in enrolments if enrolment.outcome in ("approved", "cancelled")]
        if enrolments and not booked:
            return "absent"
        counts = any(_counts_for(enrolment, held.planned) for enrolment in booked)
        comes = self.random.random() < (0.7 if counts else 0.05 if enrolments else 0.2)
        usual = self.random.choice(USUAL)
        return usual if comes and behaviour != "promoted" and role != "waiting" else "absent"

    def _behind_the_scenes(self, role: CastRole, email: str) -> tuple[Appearance, ...]:
        """Staff in runs that nobody else is in."""
        wanted = ("rehearsal", "practice", "reopened") if role == "host" else ("rehearsal", "practice")
        return tuple(
            Appearance(
                self.inventor.connection(),
                index,
                span.started_at,
                span.ended_at,
                (),
                (self.inventor.user_id(),),
                "",
                email,
            )
            for index, span in enumerate(self.spans)
            if span.purpose in wanted
        )

    def _enrolments(self, enrolled: Enrolled, email: str) -> tuple[Enrolment, ...]:
        if enrolled == "none":
            return ()
        created = self.held[-1].planned.starts_at - self.random.randint(1 * _DAY, 20 * _DAY)
        later = created + self.random.randint(600, 20 * 3_600)
        source = self.random.choice(_SOURCES) if self.webinar else None

        def one() -> Enrolment:
            typed = self.inventor.typed(email)
            named = self._named(listed=enrolled == "listed")
            return Enrolment(
                self.inventor.opaque_id(), typed, created, outcome="approved", source=source, occurrence_ids=named
            )

        if enrolled == "listed":
            return (replace(one(), announced=False, created_at=created - 40 * _DAY),)
        if enrolled == "by hand":
            return (replace(one(), decided_at=later),)
        if enrolled in ("twice", "twice open"):
            first = replace(one(), outcome="cancelled", decided_at=later) if enrolled == "twice" else one()
            return first, replace(one(), created_at=later + 3_600, source="partner" if self.webinar else None)
        if enrolled == "pending":
            return (replace(one(), outcome="pending"),)
        if enrolled in ("denied", "cancelled"):
            return (replace(one(), outcome=enrolled, decided_at=later),)
        return (one(),)

    def _named(self, *, listed: bool) -> tuple[str, ...]:
        """The occurrences that a registration names; many name none, and are for all."""
        if len(self.planned) == 1:
            return ()
        last = self.held[-1].planned.occurrence_id
        first = self.held[0].planned.occurrence_id
        to_come = self.planned[-1].occurrence_id
        choices: list[tuple[str, ...]] = [(), (), (), (last,), (last,), (first, last), (first,)]
        return self.random.choice(choices if listed else [*choices, (to_come,), (last, to_come)])

    def _visits(
        self, held: HeldOccurrence, stays: Stretches, shows: Shows, email: str, enrolments: tuple[Enrolment, ...]
    ) -> tuple[Appearance, ...]:
        registrant = (
            enrolments[0].registrant_id if enrolments and shows in ("both", "registrant", "other email") else ""
        )
        shown = self._email_shown(shows, email)
        visits = []
        runs = [index for index, span in enumerate(self.spans) if span in held.spans and span.purpose == "main"]
        for stay in stays:
            for index in runs:
                span = self.spans[index]
                # The end of a run ends every connection; who was there connects anew. The edges of the whole session
                # stay as they are: people come early and leave late.
                joined = max(stay.joined_at, span.started_at) if index != runs[0] else stay.joined_at
                left = min(stay.left_at, span.ended_at) if index != runs[-1] else stay.left_at
                if joined > left:
                    continue
                moves = tuple(move for move in stay.moves if joined < move < left)
                user_ids = tuple(self.inventor.user_id() for _ in range(len(moves) + 1))
                visits.append(
                    Appearance(self.inventor.connection(), index, joined, left, moves, user_ids, registrant, shown)
                )
        return tuple(visits)

    def _email_shown(self, shows: Shows, email: str) -> str:
        if shows == "other email":
            return f"private.{email}"
        return self.inventor.typed(email) if shows in ("both", "email") else ""


def _counts_for(enrolment: Enrolment, planned: Planned) -> bool:
    return not enrolment.occurrence_ids or planned.occurrence_id in enrolment.occurrence_ids
