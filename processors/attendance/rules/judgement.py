"""The judgement of one contact of a session that has ended (attendance.md 5). PURE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from processors.attendance.rules.people import Attendance, StayRules, attend
from processors.attendance.rules.presence import Filed, Presence, presence_of
from processors.attendance.rules.registrations import RegistrationRow
from processors.attendance.rules.sessions import Session

Registrant = tuple[str, RegistrationRow]
"""(registrant id, row)."""
Why = Literal["excluded", "outside", "anonymous", "not_registered", "elsewhere", "not_yet"]

NO_SHOW = Attendance("no_show", "approved_and_not_seen")


@dataclass(frozen=True, slots=True)
class Contact:
    """Everything that is known of one contact and matters for a session."""

    email: str | None
    """Its address, the same in evidence and registrations; ``None``: nothing leads to one."""
    filed: Mapping[str, Sequence[Filed]]
    """By uuid, of every run given to the session's date, rehearsals too."""
    approved: Sequence[Registrant]
    """Registrations that count for the session and were approved before its end."""
    excluded: bool
    """A rule leaves the owner of the address out, whether or not they came."""
    asked: bool
    """Zoom was asked about the address of the registrations."""
    seen_before: bool = False
    """They were in an earlier session of the same date."""

    @property
    def evidence(self) -> list[Filed]:
        """All of it, in order of the runs' uuids."""
        return [piece for of_run in self.filed.values() for piece in of_run]


@dataclass(frozen=True, slots=True)
class StandingResult:
    """A result that is to stand."""

    email: str
    attendance: Attendance
    presences: Mapping[str, Presence]
    """By uuid of the session's runs."""
    filed: Sequence[Filed] = ()


@dataclass(frozen=True, slots=True)
class Retract:
    """No result is to stand."""

    why: Why


@dataclass(frozen=True, slots=True)
class Left:
    """Nothing is said now, and what stands is left as it is."""

    why: Literal["not_asked"] = "not_asked"


def judge(
    contact: Contact, session: Session, rules: StayRules, *, is_final: bool, takes_no_shows: bool
) -> StandingResult | Retract | Left:
    """What is to stand of a contact.

    Args:
        contact: what is known.
        session: as its audience makes it.
        rules: who stayed to the end.
        is_final: every report is settled, and the webinar was due to be over.
        takes_no_shows: there was something to stay away from.
    """
    evidence = contact.evidence
    if contact.excluded or any(piece.excluded for piece in evidence):
        return Retract("excluded")
    if contact.email is None:
        return Retract("anonymous" if evidence else "not_registered")
    if evidence:
        return _who_came(contact, contact.email, session, rules)
    return _who_did_not(contact, contact.email, is_final=is_final, takes_no_shows=takes_no_shows)


def _who_came(contact: Contact, email: str, session: Session, rules: StayRules) -> StandingResult | Retract:
    presences = {uuid: presence_of(contact.filed[uuid]) for uuid in session.uuids if contact.filed.get(uuid)}
    intervals = [interval for presence in presences.values() for interval in presence.intervals]
    joins = sum(presence.joins for presence in presences.values())
    attendance = attend(intervals, joins, session, rules)
    return Retract("outside") if attendance is None else StandingResult(email, attendance, presences, contact.evidence)


def _who_did_not(
    contact: Contact, email: str, *, is_final: bool, takes_no_shows: bool
) -> StandingResult | Retract | Left:
    if not contact.approved:
        return Retract("not_registered")
    if not contact.asked:
        return Left()
    if contact.seen_before or not takes_no_shows:
        return Retract("elsewhere")
    return StandingResult(email, NO_SHOW, {}) if is_final else Retract("not_yet")
