"""Registrations: what was said of them, whose they are, which entries they count for (attendance.md 5). PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.truth.identity import address
from sandbox.zoom.state import StateRow
from schemas.instants import parse_instant

_STRENGTH = {"pending": 0, "approved": 1, "denied": 2, "cancelled": 3}


@dataclass(frozen=True)
class RegistrationFact:
    """One thing said about one registration."""

    registrant_id: str
    status: str
    by_webhook: bool
    at_ms: int
    """`event_ts`, or `create_time` in a row of Zoom's list."""
    email: str | None
    first_name: str = ""
    source: str | None = None
    starts_at: int | None = None
    """Of the webinar, as a webhook says it."""
    occurrences: tuple[tuple[str, int | None], ...] = ()
    """Of a webhook: the occurrences that it names, id (or empty) and start."""
    listed_in: frozenset[str] = frozenset()
    """Of a row: the occurrences in whose list it stands; none: in each."""

    @property
    def order(self) -> tuple[bool, int, int]:
        """The latest counts; a row of the list is never newer than a webhook."""
        return self.by_webhook, self.at_ms, _STRENGTH[self.status]


def registration_told_of(name: str, event_ts: int, content: dict[str, Any]) -> RegistrationFact:
    """What a webhook `registration_…` says."""
    registrant = content["registrant"]
    status = registrant.get("status", "approved") if name == "registration_created" else name.split("_", 1)[1]
    named = [
        (str(occurrence.get("occurrence_id") or ""), parse_instant(occurrence.get("start_time")))
        for occurrence in _named(content)
    ]
    return RegistrationFact(
        registrant_id=registrant["id"],
        status=status,
        by_webhook=True,
        at_ms=event_ts,
        email=address(registrant.get("email")),
        first_name=registrant.get("first_name") or "",
        source=(registrant.get("tracking_source") or {}).get("source_name") or None,
        starts_at=parse_instant(content.get("start_time")),
        occurrences=tuple(named),
    )


def _named(content: dict[str, Any]) -> list[dict[str, Any]]:
    return content.get("occurrences") or []


def listed(rows: Iterable[StateRow]) -> list[RegistrationFact]:
    """What rows of Zoom's list say."""
    return [
        RegistrationFact(
            registrant_id=row["id"],
            status=row["status"],
            by_webhook=False,
            at_ms=(parse_instant(row.get("create_time")) or 0) * 1_000,
            email=address(row["email"]),
            first_name=row.get("first_name") or "",
            listed_in=frozenset(row.get("occurrence_ids") or ()),
        )
        for row in rows
    ]


@dataclass
class RegistrantHistory:
    """One registrant id of one webinar, with everything that was said."""

    registrant_id: str
    facts: list[RegistrationFact] = field(default_factory=list)

    @property
    def latest(self) -> RegistrationFact:
        """What counts now."""
        return max(self.facts, key=lambda fact: fact.order)

    @property
    def ever_approved(self) -> bool:
        """Whether it is or was."""
        return any(fact.status == "approved" for fact in self.facts)

    @property
    def source(self) -> str | None:
        """Its tracking source, the one said last."""
        sources = [fact for fact in self.facts if fact.source]
        return max(sources, key=lambda fact: fact.order).source if sources else None

    @property
    def email(self) -> str | None:
        """The address said last; of one instant the smallest."""
        shown = [fact for fact in self.facts if fact.email is not None]
        if not shown:
            return None
        last = max((fact.by_webhook, fact.at_ms) for fact in shown)
        return min(str(fact.email) for fact in shown if (fact.by_webhook, fact.at_ms) == last)

    def approved_before(self, end: int) -> bool:
        """By the last thing said before `end` (seconds)."""
        early = [fact for fact in self.facts if fact.at_ms < end * 1_000]
        return bool(early) and max(early, key=lambda fact: fact.order).status == "approved"

    def counts_for(self, occurrence_id: str, starts: set[int]) -> bool:
        """Whether it counts for a schedule entry with this id (empty: a fixed time) and these scheduled starts.

        Webhooks name occurrences, and none means all; lists only add.
        """
        webhooks = [fact for fact in self.facts if fact.by_webhook]
        named = {occurrence for fact in webhooks for occurrence in fact.occurrences}
        if webhooks and not named:
            return True
        # Who names no id names its start.
        if any(name == occurrence_id if name else at in starts for name, at in named):
            return True
        stands = any(not row.listed_in or occurrence_id in row.listed_in for row in self.facts if not row.by_webhook)
        # The list of the whole id is the own list of a fixed time, and says nothing beside what webhooks said.
        return stands and (bool(occurrence_id) or not webhooks)


def registrations_of(facts: Iterable[RegistrationFact]) -> dict[str, RegistrantHistory]:
    """By registrant id."""
    found: dict[str, RegistrantHistory] = {}
    for fact in facts:
        found.setdefault(fact.registrant_id, RegistrantHistory(fact.registrant_id)).facts.append(fact)
    return found
