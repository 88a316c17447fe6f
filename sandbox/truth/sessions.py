"""Occurrences and what each person did in them (attendance.md 1 to 5). PURE."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from sandbox.truth.evidence import Connection, Evidence, Instance, RegistrationFact
from sandbox.truth.presence import Interval, LiveTime, intervals, moments_of, seconds_of
from sandbox.truth.rules import Rules
from sandbox.truth.scores import Presence

_RESTARTABLE = (2, 5, 6, 8, 9)


@dataclass(frozen=True)
class Attendance:
    """One person in one occurrence."""

    presence: Presence
    first_join: int | None = None
    name: str | None = None
    """First word of the display name."""


@dataclass(frozen=True)
class Occurrence:
    """One session as people know it, and everybody's part in it."""

    session_uuid: str
    instances: tuple[str, ...]
    object_type: str
    object_id: str
    topic: str
    started_at: int
    ended_at: int
    length_seconds: int
    people: dict[str, Attendance]
    """By e-mail; who attended, left early or stayed away."""
    anonymous: int
    """Connections that lead to no e-mail."""
    excluded: int
    """People left out by rule."""


@dataclass
class _Group:
    """Connections of one person within an occurrence."""

    spans: list[Interval] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    excluded: bool = False


def occurrences(evidence: Evidence, users: dict[str, str | None], rules: Rules) -> list[Occurrence]:
    """All that have ended, with their people. `users` are the account's own: e-mail to user id."""
    evidence.panelist_emails |= _promoted_emails(evidence, users)
    ended = [
        (_start(instance), _end(instance), instance)
        for instance in evidence.instances.values()
        if not (instance.practice and all(instance.practice))
    ]
    known = sorted(
        ((start, end, each) for start, end, each in ended if end is not None), key=lambda x: (x[0], x[2].uuid)
    )
    groups: list[list[tuple[int, int, Instance]]] = []
    for start, end, instance in known:
        follows = groups and start - max(each[1] for each in groups[-1]) <= rules.restart_gap
        if follows and evidence.session_type in _RESTARTABLE:
            groups[-1].append((start, end, instance))
        else:
            groups.append([(start, end, instance)])
    return [_occurrence(evidence, group, users, rules) for group in groups]


def _promoted_emails(evidence: Evidence, users: dict[str, str | None]) -> set[str]:
    """Who was made a panelist while it was live; the report does not tell, so the person counts, not the connection."""
    addresses = registration_emails(evidence.registrations)
    resolved = (
        _resolve(connection, addresses, users)
        for instance in evidence.instances.values()
        for connection in instance.promoted.values()
    )
    return {email for email in resolved if email is not None}


def _start(instance: Instance) -> int:
    joins = {at for connection in instance.connections.values() for at in connection.joins}
    return min(instance.starts or joins)


def _end(instance: Instance) -> int | None:
    return max(instance.ends) if instance.ends else instance.past_end


def _occurrence(
    evidence: Evidence, group: list[tuple[int, int, Instance]], users: dict[str, str | None], rules: Rules
) -> Occurrence:
    live = LiveTime((start, end) for start, end, _ in group)
    ended_at = max(end for _, end, _ in group)
    people, anonymous, excluded_nobodies = _people(evidence, group, users, rules)
    attended = {email: each for email, each in people.items() if not each.excluded}
    results = {email: _attendance(each, live, rules) for email, each in attended.items()}
    excluded = {email for email, each in people.items() if each.excluded}
    for email in _expected(evidence, ended_at):
        if _excluded_email(email, evidence, users, rules):
            excluded.add(email)
        elif email not in people:
            results[email] = Attendance(Presence("no_show", 0, live.length, None))
    return Occurrence(
        session_uuid=group[0][2].uuid,
        instances=tuple(instance.uuid for _, _, instance in group),
        object_type=evidence.object_type,
        object_id=evidence.object_id,
        topic=evidence.topic,
        started_at=group[0][0],
        ended_at=ended_at,
        length_seconds=live.length,
        people=results,
        anonymous=anonymous,
        excluded=len(excluded) + excluded_nobodies,
    )


def _people(
    evidence: Evidence, group: list[tuple[int, int, Instance]], users: dict[str, str | None], rules: Rules
) -> tuple[dict[str, _Group], int, int]:
    """Connections gathered by e-mail; how many lead to none, and how many of those are excluded."""
    addresses = registration_emails(evidence.registrations)
    people: dict[str, _Group] = {}
    anonymous = excluded = 0
    for _, end, instance in group:
        for key, connection in instance.connections.items():
            email = _resolve(connection, addresses, users)
            out = key in instance.promoted and rules.exclude_panelists
            out = out or _excluded(connection, email, evidence, users, rules)
            if email is None:
                anonymous += not out
                excluded += out
                continue
            person = people.setdefault(email, _Group())
            person.spans += intervals(connection.joins, connection.leaves, end)
            person.names |= connection.names
            person.excluded = person.excluded or out
    return people, anonymous, excluded


def registration_emails(facts: list[RegistrationFact]) -> dict[str, str]:
    """The e-mail of each registrant id: of several the one said last, then the smallest."""
    best: dict[str, tuple[tuple[bool, int], str]] = {}
    for fact in facts:
        if fact.email is None:
            continue
        said = (fact.by_webhook, fact.at_ms)
        have = best.get(fact.registrant_id)
        if have is None or said > have[0] or (said == have[0] and fact.email < have[1]):
            best[fact.registrant_id] = (said, fact.email)
    return {registrant_id: email for registrant_id, (_, email) in best.items()}


def _resolve(connection: Connection, addresses: dict[str, str], users: dict[str, str | None]) -> str | None:
    if connection.registrant_ids:
        email = addresses.get(min(connection.registrant_ids))
        if email:
            return email
    if connection.emails:
        return min(connection.emails)
    owners = {user_id: email for email, user_id in users.items() if user_id}
    return owners.get(min(connection.user_ids)) if connection.user_ids else None


def _excluded(
    connection: Connection, email: str | None, evidence: Evidence, users: dict[str, str | None], rules: Rules
) -> bool:
    own_ids = {user_id for user_id in users.values() if user_id}
    if rules.exclude_hosts and connection.user_ids & evidence.host_ids:
        return True
    if rules.exclude_internal and (connection.internal or connection.user_ids & own_ids):
        return True
    shown = connection.emails | ({email} if email else set())
    return any(_excluded_email(each, evidence, users, rules) for each in shown)


def _excluded_email(email: str, evidence: Evidence, users: dict[str, str | None], rules: Rules) -> bool:
    return (
        (rules.exclude_hosts and email in evidence.host_emails)
        or (rules.exclude_panelists and email in evidence.panelist_emails)
        or (rules.exclude_internal and email in users)
        or email.partition("@")[2] in rules.exclude_domains
    )


def _expected(evidence: Evidence, ended_at: int) -> set[str]:
    """E-mails of registrations of a webinar that stand approved, and were so before the end."""
    if evidence.object_type != "webinar":
        return set()
    addresses = registration_emails(evidence.registrations)
    latest: dict[str, RegistrationFact] = {}
    early: set[str] = set()
    for fact in evidence.registrations:
        have = latest.get(fact.registrant_id)
        if have is None or fact.order > have.order:
            latest[fact.registrant_id] = fact
        if fact.status == "approved" and fact.at_ms < ended_at * 1_000:
            early.add(fact.registrant_id)
    return {
        addresses[registrant_id]
        for registrant_id in early
        if latest[registrant_id].status == "approved" and registrant_id in addresses
    }


def _attendance(person: _Group, live: LiveTime, rules: Rules) -> Attendance:
    name = min(person.names).split()[0] if person.names else None
    there = moments_of(person.spans) & live.moments
    if not there:
        return Attendance(Presence("left_early", 0, live.length, None), name=name)
    seconds = len(seconds_of(person.spans) & live.seconds)
    window_opens = live.length * (1 - rules.end_window)
    stayed = Fraction(live.before(max(there))) >= window_opens
    status = "attended" if stayed else "left_early"
    return Attendance(Presence(status, seconds, live.length, live.before(min(there))), min(there), name)
