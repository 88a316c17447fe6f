"""How a rebuilt state differs from the live one, contact by contact. PURE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from processors.engagement.assessment import Assessor
from processors.engagement.state import ContactRegistration, ContactRows, Head, SessionRow
from schemas.engagement import ContactScore

ComparedKind = Literal["result", "registration"]
ComparedRow = SessionRow | ContactRegistration
_UNSEEN = ("revision", "events_due")
"""How often a fact was told, and what was once called for, is no difference of what stands."""
_COMPARED = ("status", "attended_seconds", "late_seconds", "length_seconds", "ended_at", "topic", "interaction", "name")
"""Of a result or a registration, what people are shown."""


@dataclass(frozen=True, slots=True)
class FactChange:
    """A result or a registration that does not stand alike in both states."""

    contact_id: str
    what: ComparedKind
    key: bytes
    """Of its row."""
    name: str
    """The session's uuid, or the registrant's id."""
    live: ComparedRow | None
    """``None``: there is none, or it was taken back."""
    rebuilt: ComparedRow | None

    @property
    def kind(self) -> Literal["new", "gone", "changed"]:
        """Seen from the live state."""
        return "new" if self.live is None else "gone" if self.rebuilt is None else "changed"

    def is_later(self, since: datetime | None) -> bool:
        """Whether it happened at `since` or after; nothing did where that is ``None``."""
        row = self.live or self.rebuilt
        assert row is not None
        at = row.ended_at if isinstance(row, SessionRow) else row.occurred_at
        return since is not None and at >= since.timestamp()

    @property
    def fields(self) -> dict[str, tuple[Any, Any]]:
        """Name -> (live, rebuilt) of what differs and people are shown."""
        before, after = (row._asdict() if row else {} for row in (self.live, self.rebuilt))
        pairs = {name: (before.get(name), after.get(name)) for name in _COMPARED}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """What `engagement.scores.v1` says of a contact, and what it would."""

    contact_id: str
    live: ContactScore | None
    rebuilt: ContactScore | None

    @property
    def shows(self) -> bool:
        """Whether people see another number or word, not only another reckoning."""
        before, after = ((score.contact_score, score.tier) if score else None for score in (self.live, self.rebuilt))
        return before != after


def fact_changes(contact_id: str, live: ContactRows, rebuilt: ContactRows) -> Iterator[FactChange]:
    """Results, then registrations, in order of their keys."""
    for key in sorted({*live.sessions, *rebuilt.sessions}):
        one, other = _standing(live.sessions.get(key)), _standing(rebuilt.sessions.get(key))
        if _seen(one) != _seen(other):
            name = (one or other).session_uuid
            yield FactChange(contact_id, "result", key, name, one, other)
    for key in sorted({*live.registrations, *rebuilt.registrations}):
        told, now = _standing(live.registrations.get(key)), _standing(rebuilt.registrations.get(key))
        if _seen(told) != _seen(now):
            name = (told or now).registrant_id
            yield FactChange(contact_id, "registration", key, name, told, now)


def events_not_sent(live: ContactRows, rebuilt: ContactRows) -> Counter[str]:
    """Events that what stands in the rebuilt state calls for and the live one never did: nobody sends them."""
    counted: Counter[str] = Counter()
    for before, after in ((live.sessions, rebuilt.sessions), (live.registrations, rebuilt.registrations)):
        for key, row in after.items():
            told = before[key].events_due if key in before else ()
            counted.update(event for event in row.events_due if event not in told and not row.retracted)
    return counted


def switched(live: ContactRows, rebuilt: ContactRows) -> ContactRows:
    """The rebuilt rows as they are once a switch has taken back what only the live state has."""
    gone = {key: row._replace(retracted=True) for key, row in live.sessions.items() if key not in rebuilt.sessions}
    left = {
        key: row._replace(retracted=True) for key, row in live.registrations.items() if key not in rebuilt.registrations
    }
    return rebuilt._replace(
        head=_head(live.head, rebuilt.head),
        sessions=gone | rebuilt.sessions,
        registrations=left | rebuilt.registrations,
    )


def score_change(
    contact_id: str, told: ContactScore | None, rows: ContactRows, assessor: Assessor, revision: int
) -> ScoreChange | None:
    """What is told of the contact's score against what follows from rows; ``None`` where that is the same.

    Args:
        contact_id: whose.
        told: the record that stands.
        rows: of the other state, as `switched` makes them.
        assessor: of the configuration as it is now.
        revision: that the other score would be told with.
    """
    scored, _wanted = assessor.assess(rows)
    now = assessor.contact_score(contact_id, rows.head.email, revision, scored) if scored else None
    if told is None or now is None:
        return None if told is now else ScoreChange(contact_id, told, now)
    same = told.digest("revision", "email") == now.digest("revision", "email")
    return None if same else ScoreChange(contact_id, told, now)


def _head(live: Head, rebuilt: Head) -> Head:
    """Who is in the live state alone was brought to Brevo by it."""
    head = rebuilt._replace(swept_day=max(live.swept_day, rebuilt.swept_day))
    if head.upsert_digest:
        return head
    return head._replace(email=head.email or live.email, upsert_digest=live.upsert_digest)


def _standing(row: ComparedRow | None) -> Any:
    return None if row is None or row.retracted else row


def _seen(row: ComparedRow | None) -> dict[str, Any] | None:
    return None if row is None else {name: value for name, value in row._asdict().items() if name not in _UNSEEN}
