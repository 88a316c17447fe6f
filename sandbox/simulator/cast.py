"""Who is in a world: registrations, roles and stays of everybody. PURE."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from sandbox.simulator.behaviour import BEHAVIOURS, USUAL, Stays, add_device
from sandbox.simulator.people import Inventor
from sandbox.simulator.world import Enrolment, Person, Role, Span, Visit

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
    spans: tuple[Span, ...]
    starts_at: int
    multi_device: bool
    webinar: bool

    def attendees(self, count: int) -> list[Person]:
        """`count` people who end as contacts: registered ones, and guests with an address."""
        people = []
        for index in range(count):
            enrolled, behaviour, shows = _WANTED[index] if index < len(_WANTED) else self._usual()
            if not self.webinar and behaviour == "absent":
                behaviour, shows = "full", "both"  # a meeting knows no no-shows: who stays away is no contact
            role: Role = "guest" if enrolled == "none" else "attendee"
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
        return people

    def person(self, role: Role, enrolled: Enrolled, behaviour: str, shows: Shows) -> Person:
        """Somebody new."""
        inside = role in ("host", "internal")
        first, last, email = self.inventor.name("staff.example.com" if inside else None)
        enrolments = self._enrolments(enrolled, email)
        user = self.inventor.zoom_user(email) if inside else ""
        start, end = self.spans[0].started_at, self.spans[-1].ended_at
        stays = BEHAVIOURS[behaviour](self.random, start, end)
        if self.multi_device and role in ("attendee", "guest") and self.random.random() < 0.4:
            stays = add_device(self.random, stays, end)
        visits = self._visits(stays, shows, email, enrolments)
        known = role not in ("anonymous", "waiting")
        return Person(role, behaviour, first, last, email if known else "", user, enrolments, visits)

    def _enrolments(self, enrolled: Enrolled, email: str) -> tuple[Enrolment, ...]:
        if enrolled == "none":
            return ()
        created = self.starts_at - self.random.randint(1 * _DAY, 20 * _DAY)
        later = created + self.random.randint(600, 20 * 3_600)
        source = self.random.choice(_SOURCES) if self.webinar else None

        def one() -> Enrolment:
            typed = self.inventor.typed(email)
            return Enrolment(self.inventor.opaque_id(), typed, created, outcome="approved", source=source)

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

    def _visits(self, stays: Stays, shows: Shows, email: str, enrolments: tuple[Enrolment, ...]) -> tuple[Visit, ...]:
        registrant = (
            enrolments[0].registrant_id if enrolments and shows in ("both", "registrant", "other email") else ""
        )
        if shows == "other email":
            shown = f"private.{email}"
        else:
            shown = self.inventor.typed(email) if shows in ("both", "email") else ""
        visits = []
        for stay in stays:
            for index, span in enumerate(self.spans):
                # A restart ends every connection; who was there connects anew. The edges of the whole session stay
                # as they are: people come early and leave late.
                joined = max(stay.joined_at, span.started_at) if index else stay.joined_at
                left = min(stay.left_at, span.ended_at) if index + 1 < len(self.spans) else stay.left_at
                if joined > left:
                    continue
                moves = tuple(move for move in stay.moves if joined < move < left)
                user_ids = tuple(self.inventor.user_id() for _ in range(len(moves) + 1))
                visits.append(
                    Visit(self.inventor.connection(), index, joined, left, moves, user_ids, registrant, shown)
                )
        return tuple(visits)
