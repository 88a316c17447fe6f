"""Who was in a run, and when: webhooks, and what its report adds and corrects (attendance.md 3 and 4). PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.truth.evidence import SeenConnection, SeenEvidence, SeenRun
from sandbox.truth.identity import ShownIdentity
from sandbox.truth.presence import Stay, intervals
from sandbox.truth.rules import Rules
from sandbox.zoom.state import StateRow
from schemas.instants import parse_instant


@dataclass(frozen=True)
class Visit:
    """One connection, or one row of the report, and the person behind it."""

    key: str
    """The webhooks' name of the connection; of a row without one its number."""
    email: str | None
    """``None``: anonymous."""
    identity: ShownIdentity
    intervals: tuple[Stay, ...]
    by_report: bool
    joins: int
    """Join facts; a row is one."""

    @property
    def person(self) -> str:
        """Whose it is; an anonymous one stands for itself."""
        return self.email or f"?{self.key}"


@dataclass(frozen=True)
class _Row:
    key: str
    handle: str
    stay: Stay
    identity: ShownIdentity


def visits_of(
    run: SeenRun, end: int, evidence: SeenEvidence, addresses: dict[str, str], *, use_report: bool
) -> list[Visit]:
    """All of one run; `end` closes what stays open. `addresses` are the e-mails of registrations by registrant id."""
    shown = {key: _bound(run, key, connection) for key, connection in run.connections.items()}
    rows = list(_rows(run, shown, evidence.answers.reports.get(run.uuid, []))) if use_report else []

    def whose(identity: ShownIdentity) -> str | None:
        return resolve(identity, evidence, addresses)

    in_report = {email for row in rows if (email := whose(row.identity)) is not None}
    visits = [Visit(row.key, whose(row.identity), row.identity, (row.stay,), True, 1) for row in rows]
    for key, connection in run.connections.items():
        identity = shown[key]
        same = [row for row in rows if row.handle in connection.handles]
        if whose(identity) is None:
            identity = identity.filled_from(row.identity for row in same)
        email = whose(identity)
        told = email in in_report if email is not None else bool(same)
        stays = intervals(connection.joins, connection.leaves, end)
        kept = tuple(stay for stay in stays if not (told and stay.assumed))
        visits.append(Visit(key, email, identity, kept, False, len(connection.joins)))
    return visits


def _bound(run: SeenRun, key: str, connection: SeenConnection) -> ShownIdentity:
    """The identity of a connection; a phone leg's with what it lacks from whom it is bound to."""
    targets = [target for bind in run.binds if bind.leg == key for target in _targets(run, bind.uuid, bind.handle)]
    return connection.identity.filled_from(target.identity for target in targets)


def _targets(run: SeenRun, uuid: str, handle: str) -> list[SeenConnection]:
    if uuid in run.connections:
        return [run.connections[uuid]]
    return [connection for connection in run.connections.values() if handle and handle in connection.handles]


def _rows(run: SeenRun, shown: dict[str, ShownIdentity], report: list[StateRow]) -> Iterator[_Row]:
    """Rows that are presence; what they lack comes from the webhooks' connection with their `user_id`."""
    for number, row in enumerate(report):
        joined, left = parse_instant(row.get("join_time")), parse_instant(row.get("leave_time"))
        if row.get("status") == "in_waiting_room" or joined is None or left is None:
            continue
        handle = row.get("user_id") or ""
        keys = [key for key, connection in run.connections.items() if handle and handle in connection.handles]
        # A leg that webhooks know has taken already what it lacks of whom it is bound to.
        known = [shown[key] for key in keys] or [
            target.identity
            for bind in run.binds
            if handle and bind.leg_handle == handle
            for target in _targets(run, bind.uuid, bind.handle)
        ]
        identity = ShownIdentity()
        identity.show(row)
        key = min(keys, default=f"row {number}")
        yield _Row(key, handle, Stay(joined, max(joined, left)), identity.filled_from(known))


def resolve(identity: ShownIdentity, evidence: SeenEvidence, addresses: dict[str, str]) -> str | None:
    """The e-mail of the person; ``None``: anonymous."""
    if identity.registrant_ids:
        email = addresses.get(min(identity.registrant_ids))
        if email:
            return email
    if identity.emails:
        return min(identity.emails)
    return evidence.account.emails_by_id.get(min(identity.user_ids)) if identity.user_ids else None


def excluded_people(
    views: list[tuple[SeenRun, list[Visit]]], evidence: SeenEvidence, addresses: dict[str, str], rules: Rules
) -> set[str]:
    """Who is left out by rule: one connection of theirs in any of these runs is enough."""
    found = set()
    for run, visits in views:
        for visit in visits:
            if _is_excluded(visit, evidence, rules) or (rules.exclude_panelists and visit.key in run.promoted):
                found.add(visit.person)
        if rules.exclude_panelists:
            promoted = (resolve(identity, evidence, addresses) for identity in run.promoted.values())
            found |= {email for email in promoted if email is not None}
    return found


def _is_excluded(visit: Visit, evidence: SeenEvidence, rules: Rules) -> bool:
    who = visit.identity
    if rules.exclude_hosts and who.user_ids & evidence.host_ids:
        return True
    if rules.exclude_internal and (who.internal or who.user_ids & set(evidence.account.emails_by_id)):
        return True
    shown = who.emails | ({visit.email} if visit.email else set())
    return any(is_excluded_email(email, evidence, rules) for email in shown)


def is_excluded_email(email: str, evidence: SeenEvidence, rules: Rules) -> bool:
    """Whether an address alone is enough."""
    return (
        (rules.exclude_hosts and email in evidence.host_emails)
        or (rules.exclude_panelists and email in evidence.answers.panelist_emails)
        or (rules.exclude_internal and email in evidence.account.emails)
        or is_excluded_domain(email, rules)
    )


def is_excluded_domain(email: str, rules: Rules) -> bool:
    """Excluded everywhere; a rule may be written with an `@`, and in capitals."""
    return email.partition("@")[2] in {
        exclude_domain.strip().lower().removeprefix("@") for exclude_domain in rules.exclude_domains
    }
