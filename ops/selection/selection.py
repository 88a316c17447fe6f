"""A selection of records, and whether a record is one of it. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from types import MappingProxyType

from typing_extensions import override

from ops.selection.times import TimeSpan
from schemas.topic import Topic


@dataclass(frozen=True, slots=True)
class SessionKey:
    """One session, as records of different topics name it."""

    account_id: str
    object_id: str
    instances: tuple[str, ...]
    """The uuids of its runs."""
    topic: str = ""
    """Its title, for people."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a selection asks about one record; `facts_of` reads it."""

    partition: int
    offset: int
    stored_at: datetime
    """Kafka's record time."""
    happened_at: datetime | None
    event_type: str
    account_id: str
    object_id: str
    instance: str
    """The uuid that it names, empty where it names none."""
    contacts: frozenset[str]
    """The contact ids it tells of."""
    label: str
    """A dead letter's class of fault, why a delivery is in quarantine, empty on all other records."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The records of one topic that meet every condition; a condition that is empty is none."""

    topic: Topic
    event_types: tuple[str, ...] = ()
    """Patterns with ``*``, one of which fits."""
    happened: TimeSpan | None = None
    stored: TimeSpan | None = None
    offsets: Mapping[int, range] = field(default_factory=lambda: MappingProxyType({}))
    """By partition; partitions that are not named are left out."""
    session: SessionKey | None = None
    contact: str | None = None
    account: str | None = None
    label: str | None = None

    def holds(self, facts: Facts) -> bool:
        """Whether a record of its topic is one of it."""
        return (
            self._is_there(facts)
            and (not self.event_types or any(fnmatchcase(facts.event_type, form) for form in self.event_types))
            and (self.account is None or facts.account_id == self.account)
            and (self.contact is None or self.contact in facts.contacts)
            and (self.label is None or facts.label == self.label)
            and (self.session is None or _is_of(self.session, facts))
        )

    def _is_there(self, facts: Facts) -> bool:
        if self.offsets and facts.offset not in self.offsets.get(facts.partition, range(0)):
            return False
        if self.stored is not None and not self.stored.holds(facts.stored_at):
            return False
        # What has no time of its own cannot be said to lie outside; it is never left out in silence.
        return self.happened is None or facts.happened_at is None or self.happened.holds(facts.happened_at)

    @override
    def __str__(self) -> str:
        """In full, times with their zones, for people to check before anything happens."""
        offsets = ", ".join(
            f"partition {number} offsets {span.start} to {span.stop - 1}" for number, span in self.offsets.items()
        )
        conditions = (
            ("of type", " or ".join(self.event_types)),
            ("that happened", self.happened),
            ("stored", self.stored),
            ("in", offsets),
            ("of the session", self.session and (self.session.topic or self.session.object_id)),
            ("of the contact", self.contact),
            ("of the account", self.account),
            ("with the label", self.label),
        )
        return " ".join((f"records of {self.topic.name}", *(f"{word} {what}" for word, what in conditions if what)))


def _is_of(session: SessionKey, facts: Facts) -> bool:
    if facts.account_id and facts.account_id != session.account_id:
        return False
    if not facts.object_id:  # a command, and what became of it, names the session alone
        return facts.instance in session.instances
    if facts.object_id != session.object_id:
        return False
    # A registration or a change of the schedule names no run: it is of every session of its id.
    return not facts.instance or facts.instance in session.instances
