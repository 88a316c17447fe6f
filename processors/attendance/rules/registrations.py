"""One registration as its table row: the set of what was said about it, and what follows (attendance.md 3, 5). PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from processors.attendance.rules.facts import Registered
from processors.attendance.rules.runs import liveliest
from processors.attendance.rules.schedule import ScheduleEntry
from schemas.attendance import ObjectType, Origin, RegistrationStatus
from schemas.codec import pack, unpack

_RANK: dict[str, int] = {"pending": 0, "approved": 1, "denied": 2, "cancelled": 3}
"""At one instant cancelled > denied > approved > pending."""


class Statement(NamedTuple):
    """What was said at one instant: (from a webhook, milliseconds since 1970, status)."""

    webhook: bool
    at_ms: int
    status: RegistrationStatus


When = tuple[bool, int]
"""When something was said: (by a webhook, milliseconds). What Zoom's list says is never newer than what one said."""
_NEVER: When = (False, -1)


def _order(statement: Statement) -> tuple[bool, int, int]:
    return statement.webhook, statement.at_ms, _RANK[statement.status]


@dataclass(slots=True)
class RegistrationRow:
    """A registration of one webinar or meeting, by its registrant id."""

    account_id: str
    object_type: ObjectType
    origin: Origin = "backfill"
    """The liveliest of what told of it."""
    statements: list[Statement] = field(default_factory=list)
    """In order of (webhook, instant, rank), each once."""
    email: str | None = None
    email_said: When = _NEVER
    """Of the statement the e-mail is from: the latest, then the smallest."""
    details: dict[str, tuple[When, Any]] = field(default_factory=dict)
    """By name (when, value) of the latest that said it.

    Names: `first_name`, those of `REGISTRANT_FIELDS`, `source`, `questions`, `topic`, `host_id`.
    """
    named: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Occurrences that its webhooks name: by id (without one by the start) `(milliseconds, start in seconds)`."""
    listed: list[str] = field(default_factory=list)
    """Ids of occurrences in whose own list it stood, in order."""
    starts_at: int | None = None
    """The webinar's scheduled start as the latest statement had it, in seconds."""
    starts_said: When = _NEVER

    @classmethod
    def from_bytes(cls, data: bytes) -> RegistrationRow:
        """Parse a row."""
        account_id, object_type, origin, statements, email, said, details, named, listed, starts_at, starts_said = (
            unpack(data)
        )
        return cls(
            account_id,
            object_type,
            origin,
            [Statement(*statement) for statement in statements],
            email,
            _when(said),
            {name: (_when(told), value) for name, (told, value) in details.items()},
            {key: (at_ms, start) for key, (at_ms, start) in named.items()},
            listed,
            starts_at,
            _when(starts_said),
        )

    def to_bytes(self) -> bytes:
        """The same bytes for the same set of statements."""
        details = {name: self.details[name] for name in sorted(self.details)}
        named = {key: self.named[key] for key in sorted(self.named)}
        said = [
            [list(statement) for statement in self.statements],
            self.email,
            self.email_said,
            details,
            named,
            self.listed,
        ]
        return pack([self.account_id, self.object_type, self.origin, *said, self.starts_at, self.starts_said])

    def add(self, fact: Registered, origin: Origin, *, webhook: bool) -> bool:
        """Take in one webhook or one row of Zoom's list; false when it said nothing new.

        A list was read for the occurrences that the fact names; for none of them: for the whole id, which says nothing
        about occurrences.
        """
        before = self.to_bytes()
        self.origin = liveliest((self.origin, origin))
        at_ms = fact.event.event_ts
        told: When = (webhook, at_ms)
        statement = Statement(webhook, at_ms, fact.status)
        if statement not in self.statements:
            self.statements = sorted([*self.statements, statement], key=_order)
        if fact.email is not None and _later(told, fact.email, (self.email_said, self.email)):
            self.email, self.email_said = fact.email, told
        said = {
            "first_name": fact.first_name,
            **dict(fact.told),
            "source": fact.source,
            "questions": [list(custom_question) for custom_question in fact.custom_questions] or None,
            "topic": fact.event.topic or None,
            "host_id": fact.event.host_id or None,
        }
        self._note_occurrences(fact, webhook=webhook)
        for name, value in said.items():
            if value is not None and _later(told, value, self.details.get(name, (_NEVER, None))):
                self.details[name] = (told, value)
        if fact.event.start is not None and _later(told, fact.event.start, (self.starts_said, self.starts_at)):
            self.starts_at, self.starts_said = fact.event.start, told
        return before != self.to_bytes()

    def _note_occurrences(self, fact: Registered, *, webhook: bool) -> None:
        for occurrence_id, start in fact.occurrences:
            if not webhook:
                self.listed = sorted({*self.listed, occurrence_id})
                continue
            told = (fact.event.event_ts, start)
            name = occurrence_id or f"@{start}"
            self.named[name] = max(self.named.get(name, told), told)

    def detail(self, name: str) -> Any:
        """The latest value said of `name`, ``None`` when none was."""
        return self.details.get(name, (_NEVER, None))[1]

    @property
    def latest(self) -> Statement:
        """The statement that decides its state now."""
        return self.statements[-1]

    def status_at(self, end: int) -> RegistrationStatus | None:
        """Its state at E (seconds), ``None`` when nothing was said of it before."""
        before = [statement for statement in self.statements if statement.at_ms < end * 1000]
        return before[-1].status if before else None

    @property
    def ever_approved(self) -> bool:
        """True once it is or was approved: others are not synced."""
        return any(statement.status == "approved" for statement in self.statements)

    @property
    def approval(self) -> Statement | None:
        """The earliest approval that a webhook told of, else the list's; ``None`` when it never was."""
        approvals = [statement for statement in self.statements if statement.status == "approved"]
        return min(approvals, key=lambda statement: (not statement.webhook, statement.at_ms), default=None)

    def counts_for(self, entry: ScheduleEntry | None, *, recurs: bool) -> bool:
        """Whether it is for a date of the schedule (``None``: for a session that has none).

        It is for the occurrences that its webhooks name, or for every one if they name none; lists only add. One
        that is known from lists alone is for those in whose own list it stood.

        Args:
            entry: the date.
            recurs: the webinar has occurrences.
        """
        if entry is None:
            return not self.named
        if entry.occurrence_id and (entry.occurrence_id in self.listed or entry.occurrence_id in self.named):
            return True
        if not self.named:
            return not recurs or any(statement.webhook for statement in self.statements)
        # An id that is known is what counts: a date may have been moved to another's time.
        by_start = (start for name, (_at, start) in self.named.items() if not entry.occurrence_id or name[0] == "@")
        return entry.start in by_start

    @property
    def occurrences(self) -> tuple[str, ...]:
        """Ids of those that it is for; empty: of all."""
        return tuple(sorted({*self.listed, *(name for name in self.named if name[0] != "@")}))

    @property
    def first_start(self) -> int | None:
        """The earliest start of the occurrences that its webhooks name."""
        return min((start for _at, start in self.named.values() if start), default=None)


def _later(told: When, value: Any, known: tuple[When, Any]) -> bool:
    """Later wins; at one instant the smaller value does."""
    known_told, known_value = known
    return told > known_told or (told == known_told and str(value) < str(known_value))


def _when(parts: Sequence[Any]) -> When:
    webhook, at_ms = parts
    return webhook, at_ms
