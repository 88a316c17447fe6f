"""The rows of the sink's two tables: what Brevo acknowledged, what is open, what was sent once. PURE.

`brevo-ledger` has a row per contact under ``<contact id>`` and one per event and once key under
``<contact id>/<event name>/<once key>``, which stays for ever: it is what makes an event unique. `brevo-pending` has
the same keys for what is open only, so that a start reads what is open and not everything that ever was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from processors.engine.view import Record, View
from schemas.brevo import (
    BREVO_COMMAND,
    BrevoCommand,
    ContactState,
    OnceCommand,
    UpsertContact,
)
from schemas.brevo_feedback import FeedbackKind
from schemas.model import Instant, Wire
from schemas.topics import BREVO_COMMANDS

LEDGER = "brevo-ledger"
BREVO_PENDING = "brevo-pending"
OPEN = b"1"
"""The value of a row of `brevo-pending`; its key says it all."""

Rank = tuple[int, int, int]
"""Revision, priority (1 live, 0 bulk), offset: the greater one is the newer state of a contact."""

SUPPRESSIONS = "brevo-suppressions"
"""A row per contact of whom Brevo told that they must be left alone."""

RESUME = b"!resume"
"""The row of the latest order to go on; no contact's id begins so."""

EventState = Literal["pending", "intended", "in_doubt", "rejected", "suppressed", "acknowledged"]
EVENT_STATES: tuple[EventState, ...] = ("pending", "intended", "in_doubt", "rejected", "suppressed", "acknowledged")
"""In order of knowledge: a row moves to the right, so repeats and late answers change nothing; the one way back is the
withdrawal of the very intent that a row has."""
OPEN_STATES: tuple[EventState, ...] = ("pending", "intended", "in_doubt")
FINAL_STATES: tuple[EventState, ...] = ("acknowledged", "suppressed", "rejected")


class Waiting(Wire):
    """A command that is not finished, with what its dead letter would need."""

    command: str
    """The record's value as it came."""
    topic: str
    offset: int
    timestamp_ms: int
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, record: Record) -> Waiting:
        """What is kept of a command's record. Raises ``UnicodeDecodeError`` on what is no JSON anyway."""
        headers = tuple((name, value.decode("utf-8", "replace")) for name, value in record.headers)
        text = (record.value or b"").decode()
        return cls(
            command=text, topic=record.topic, offset=record.offset, timestamp_ms=record.timestamp_ms, headers=headers
        )

    @property
    def live(self) -> bool:
        """Whether it is live work, which goes first."""
        return self.topic == BREVO_COMMANDS.name

    @property
    def answers(self) -> str:
        """How a result names this record."""
        return f"{self.topic}@{self.offset}"


class ContactRow(Wire):
    """What is known of a contact."""

    done: Rank | None = None
    """The newest upsert that ended."""
    state: ContactState | None = None
    """What Brevo acknowledged last; ``None`` when it never did."""
    state_rank: Rank | None = None
    rejected: str | None = None
    """Why the newest ended upsert was rejected, if it was."""
    rank: Rank | None = None
    """Of `pending`."""
    pending: Waiting | None = None
    """The newest upsert, while it is newer than `done`."""
    importing: str | None = None
    """Our id of the import that the contact is in: until that has ended, nothing else may write the contact."""
    withheld: str | None = None
    """Why the newest ended upsert was not written by rule, if it was not: Brevo has no such contact then."""
    awaited: tuple[int, ...] = ()
    """Lists that did not exist when `done` was written: `pending` stays for the day that one does."""
    creatable_at: Instant | None = None
    """Of the first command that may have created the contact; ``None`` while none may."""
    unsure: bool = False
    """Another worker may have overwritten what was written last: `pending` stays until it is written once more."""


UNMAILED_KINDS: tuple[FeedbackKind, ...] = ("unsubscribed", "hard_bounce", "spam", "blocklisted")
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Suppression(Wire):
    """What Brevo told of a contact: the instant of the latest feedback of each kind."""

    told: dict[FeedbackKind, Instant]

    @property
    def erased(self) -> bool:
        """Deleted at Brevo, and not there again: to create it would subscribe whoever had unsubscribed."""
        return self._last("deleted") > self._last("returned")

    @property
    def unmailed(self) -> bool:
        """Not to be mailed."""
        return self.erased or self._last(*UNMAILED_KINDS) > self._last("subscribed")

    def is_older_than(self, command: UpsertContact | OnceCommand) -> bool:
        """Whether what the command stands for happened after the deletion."""
        return self._last("deleted") < command.occurred_at

    @property
    def erased_at(self) -> datetime | None:
        """When it was deleted, if it is erased."""
        return self._last("deleted") if self.erased else None

    def _last(self, *kinds: FeedbackKind) -> datetime:
        return max((self.told[kind] for kind in kinds if kind in self.told), default=LONG_AGO)


class EventRow(Wire):
    """What is known of an event for one of its once keys."""

    state: EventState
    command_id: str
    waiting: Waiting | None = None
    """The command, while it may still be sent, a rejected one too: in the row of its first once key."""
    decision_id: str | None = None
    """Of the last decision of a person about it, so that a repeat of the decision does nothing."""
    campaign_id: int | None = None
    """Brevo's, of a campaign that is intended or was."""
    intent_id: str | None = None
    """Of the intent, while the event is intended: that one alone may be withdrawn."""
    answers: str | None = None
    """Of an event that was rejected: the record (``<topic>@<offset>``); another one for it begins it again."""
    given_up: bool = False
    """It may have been sent, and somebody or a rule has decided that it is never tried again."""
    happened_at: Instant | None = None
    """When what the command stands for happened."""


ReadCommand = Callable[[Waiting], BrevoCommand]
"""The command of a row (`processors.brevo.decisions.open_commands`); raises ``ValueError`` when it is none."""


def parse_command(waiting: Waiting) -> BrevoCommand:
    """The command of a row, for who looks at it once. Raises ``ValueError`` when it is none."""
    return BREVO_COMMAND.validate_json(waiting.command)


def contact_key(contact_id: str) -> bytes:
    """Key of a contact's row."""
    return contact_id.encode()


def event_key(contact_id: str, name: str, once_key: str) -> bytes:
    """Key of an event's row; the contact's id and the name of an event have no slash, a once key may."""
    return f"{contact_id}/{name}/{once_key}".encode()


def contact_of(key: bytes) -> str:
    """The contact that a row of either table belongs to."""
    return key.partition(b"/")[0].decode()


def rank_of(revision: int, topic: str, offset: int) -> Rank:
    """Where a command stands among those of its contact."""
    return (revision, int(topic == BREVO_COMMANDS.name), offset)


def rank_of_answer(revision: int, answers: str | None) -> Rank:
    """The rank of the command that a result answers; below all of its revision when the result does not say."""
    topic, _, offset = (answers or "").partition("@")
    return rank_of(revision, topic, int(offset)) if offset.isdecimal() else (revision, 0, -1)


def state_before(command: UpsertContact, state: ContactState | None) -> ContactState | None:
    """What is known of the contact as far as the command goes by it."""
    if state is None or not command.retries_refused:
        return state
    return state.model_copy(update={"refused": {}, "refused_lists": ()})


def event_at(view: View, key: bytes) -> EventRow | None:
    """The row of an event (`event_key`)."""
    data = view.get(LEDGER, key)
    return EventRow.from_bytes(data) if data is not None else None


def contact_at(view: View, key: bytes) -> ContactRow:
    """The row of a contact (`contact_key`), or an empty one."""
    data = view.get(LEDGER, key)
    return ContactRow.from_bytes(data) if data is not None else ContactRow()
