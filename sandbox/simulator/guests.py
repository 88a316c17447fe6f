"""Who opens a link again when all is over, and who goes on by telephone. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from sandbox.simulator.people import Inventor
from sandbox.simulator.world import Appearance, Person, RunSpan

_SHARE_BY_PHONE = 0.2
_LONG_ENOUGH_SECONDS = 600
# In a small world a long wait of somebody alone would be a large part of the whole.
_SMALL_WORLD = 20


def with_strays(
    people: Sequence[Person], stranger: Person, spans: Sequence[RunSpan], inventor: Inventor
) -> list[Person]:
    """People with visits in runs that somebody opened again: one who was there, one who was not, and a stranger."""
    strays = [*_registered_strays(people), (stranger, 20)]
    found = [*people, stranger]
    for index, span in enumerate(spans):
        if span.purpose != "stray":
            continue
        for person, seconds in strays:
            visit = _stray_visit(person, index, span, seconds, inventor)
            found = [
                replace(guest, visits=(*guest.visits, visit)) if guest.email == person.email else guest
                for guest in found
            ]
    return found


def _registered_strays(people: Sequence[Person]) -> list[tuple[Person, int]]:
    """The first who came and the first who did not, and how many seconds each stays."""
    registered = [person for person in people if person.role == "attendee" and person.enrolments]
    came = [person for person in registered if person.visits]
    stayed_away = [person for person in registered if not person.visits and person.enrolments[0].outcome == "approved"]
    waits = 400 if len(people) > _SMALL_WORLD else 60
    return [*((person, waits) for person in came[:1]), *((person, 20) for person in stayed_away[:1])]


def _stray_visit(person: Person, index: int, span: RunSpan, seconds: int, inventor: Inventor) -> Appearance:
    registrant = person.enrolments[0].registrant_id if person.enrolments else ""
    shown = "" if registrant else person.email
    joined = span.started_at + 5
    return Appearance(
        inventor.connection(), index, joined, joined + seconds, (), (inventor.user_id(),), registrant, shown
    )


def with_phones(people: Sequence[Person], spans: Sequence[RunSpan], random: Random, inventor: Inventor) -> list[Person]:
    """Some go on by telephone half-way; one telephone is nobody's."""
    found = [_by_phone(person, spans, random, inventor) for person in people]
    stranger = next((number for number, guest in enumerate(found) if guest.role == "anonymous"), None)
    if stranger is not None:
        number = _number(random)
        visits = tuple(replace(visit, phone=number) for visit in found[stranger].visits)
        found[stranger] = replace(found[stranger], visits=visits)
    return found


def _by_phone(person: Person, spans: Sequence[RunSpan], random: Random, inventor: Inventor) -> Person:
    if person.role not in ("attendee", "guest") or random.random() >= _SHARE_BY_PHONE:
        return person
    for place, visit in enumerate(person.visits):
        length = visit.left_at - visit.joined_at
        if visit.moves or length < _LONG_ENOUGH_SECONDS or spans[visit.instance].purpose != "main":
            continue
        changes = visit.joined_at + length // 2
        leg = Appearance(
            connection=inventor.connection(),
            instance=visit.instance,
            joined_at=changes - 60,
            left_at=visit.left_at,
            user_ids=(inventor.user_id(),),
            phone=_number(random),
            bound_to=(visit.connection, visit.user_ids[0]),
        )
        visits = [*person.visits[:place], replace(visit, left_at=changes), leg, *person.visits[place + 1 :]]
        return replace(person, visits=tuple(visits))
    return person


def _number(random: Random) -> str:
    """As Zoom shows it; 555 numbers are nobody's."""
    return f"1{random.randint(200, 999)}555****"
