"""One registration as its table row: the set of what was said about it, and what follows (attendance.md 3, 5). PURE."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from processors.attendance.rules.facts import Registered
from schemas.attendance import RegistrationStatus
from schemas.codec import pack, unpack

_RANK: dict[str, int] = {"pending": 0, "approved": 1, "denied": 2, "cancelled": 3}
"""At one instant cancelled > denied > approved > pending."""


class Statement(NamedTuple):
    """What was said at one instant: (from a webhook, milliseconds since 1970, status)."""

    webhook: bool
    at_ms: int
    status: RegistrationStatus


def _order(statement: Statement) -> tuple[bool, int, int]:
    # What Zoom's list says is never newer than what a webhook said.
    return statement.webhook, statement.at_ms, _RANK[statement.status]


@dataclass(slots=True)
class RegistrationRow:
    """A registration of one webinar or meeting, by its registrant id."""

    statements: list[Statement] = field(default_factory=list)
    """In order of (webhook, instant, rank), each once."""
    email: str | None = None
    email_said: tuple[int, str] = (-1, "")
    """(milliseconds, e-mail) of the statement the e-mail is from: the latest, then the smallest."""
    details: dict[str, Any] = field(default_factory=dict)
    """By name `[milliseconds, value]` of the latest that said it.

    Names: `first_name`, those of `REGISTRANT_FIELDS`, `source`, `questions`, `occurrences`, `topic`, `host_id`.
    """
    starts_at: int | None = None
    """The webinar's scheduled start as the latest statement had it, in seconds."""
    starts_said: int = -1

    @classmethod
    def from_bytes(cls, data: bytes | None) -> RegistrationRow:
        """Parse a row; an empty one for no row."""
        if not data:
            return cls()
        statements, email, said, details, starts_at, starts_said = unpack(data)
        return cls([Statement(*each) for each in statements], email, tuple(said), details, starts_at, starts_said)

    def to_bytes(self) -> bytes:
        """The same bytes for the same set of statements."""
        statements = [list(each) for each in self.statements]
        details = {name: self.details[name] for name in sorted(self.details)}
        return pack([statements, self.email, self.email_said, details, self.starts_at, self.starts_said])

    def add(self, fact: Registered, *, webhook: bool) -> bool:
        """Take in one webhook or one row of Zoom's list; false when it said nothing new."""
        before = self.to_bytes()
        at_ms = fact.session.event_ts
        statement = Statement(webhook, at_ms, fact.status)
        if statement not in self.statements:
            self.statements = sorted([*self.statements, statement], key=_order)
        if fact.email is not None and _later(at_ms, fact.email, self.email_said):
            self.email, self.email_said = fact.email, (at_ms, fact.email)
        said = {
            "first_name": fact.first_name,
            **dict(fact.told),
            "source": fact.source,
            "questions": [list(each) for each in fact.custom_questions] or None,
            "occurrences": [list(each) for each in fact.occurrences] or None,
            "topic": fact.session.topic or None,
            "host_id": fact.session.host_id or None,
        }
        for name, value in said.items():
            if value is not None and _later(at_ms, value, self.details.get(name, (-1, None))):
                self.details[name] = [at_ms, value]
        if fact.session.start is not None and _later(at_ms, fact.session.start, (self.starts_said, self.starts_at)):
            self.starts_at, self.starts_said = fact.session.start, at_ms
        return before != self.to_bytes()

    def detail(self, name: str) -> Any:
        """The latest value said of `name`, ``None`` when none was."""
        return self.details.get(name, (0, None))[1]

    @property
    def latest(self) -> Statement:
        """The statement that decides its state now."""
        return self.statements[-1]

    def status_at(self, end: int) -> RegistrationStatus | None:
        """Its state at E (seconds), ``None`` when nothing was said of it before."""
        before = [each for each in self.statements if each.at_ms <= end * 1000]
        return before[-1].status if before else None

    @property
    def ever_approved(self) -> bool:
        """True once it is or was approved: others are not synced."""
        return any(each.status == "approved" for each in self.statements)

    @property
    def approval(self) -> Statement | None:
        """The earliest approval that a webhook told of, else the list's; ``None`` when it never was."""
        approvals = [each for each in self.statements if each.status == "approved"]
        return min(approvals, key=lambda each: (not each.webhook, each.at_ms), default=None)

    def counts_for(self, scheduled: int | None) -> bool:
        """Whether it is for the occurrence with this scheduled start: one without occurrences is for every one."""
        occurrences = self.detail("occurrences")
        return not occurrences or any(start == scheduled for _id, start in occurrences)


def _later(at_ms: int, value: Any, known: tuple[int, Any] | list[Any]) -> bool:
    """Later wins; at one instant the smaller value does."""
    known_at, known_value = known
    return at_ms > known_at or (at_ms == known_at and str(value) < str(known_value))
