"""The rows of the sink's two tables: what Brevo acknowledged, what is open, what was sent once. PURE.

`brevo-ledger` has a row per contact under ``<contact id>`` and one per event and once key under
``<contact id>/<event name>/<once key>``, which stays for ever: it is what makes an event unique. `brevo-pending` has
the same keys for what is open only, so that a start reads what is open and not everything that ever was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from processors.engine.view import PartitionStore, Record
from schemas.attendance import SESSION_PREFIX
from schemas.brevo import (
    BREVO_COMMAND,
    BrevoCommand,
    ContactState,
    OnceCommand,
    SendCampaign,
    TrackEvent,
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


@dataclass(frozen=True, slots=True)
class UpsertWork:
    """The newest upsert of a contact that waits."""

    command: UpsertContact
    rank: Rank
    waiting: Waiting
    state: ContactState | None
    importing: str | None = None
    """Our id of the import that the contact is in."""
    creatable_at: Instant | None = None
    """Of the first command that may have created the contact."""
    unsure: bool = False
    """Another worker may have overwritten what was written last."""


@dataclass(frozen=True, slots=True)
class EventWork:
    """The next thing that a contact gets once: never sent (`pending`), or perhaps sent (`intended`)."""

    key: bytes
    command: OnceCommand
    state: EventState
    waiting: Waiting
    contact_rejected: str | None
    """Why the contact itself was rejected, if it was: the event follows it."""
    contact_withheld: str | None = None
    """Why the contact is not written by rule, if it is not: the event follows it."""
    campaign_id: int | None = None
    """Brevo's, of the row's campaign."""
    intent_id: str | None = None
    """Of the row's intent."""


ContactWork = UpsertWork | EventWork


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


def open_contacts(stores: Mapping[str, PartitionStore]) -> Iterator[str]:
    """Every contact that has anything open, once each."""
    last = None
    for key, _ in stores[BREVO_PENDING].scan(b"", b""):
        if (contact := contact_of(key)) != last:
            last = contact
            yield contact


def contact_row(stores: Mapping[str, PartitionStore], contact_id: str) -> ContactRow:
    """A contact's row, an empty one when there is none."""
    data = stores[LEDGER].get(contact_key(contact_id))
    return ContactRow.from_bytes(data) if data is not None else ContactRow()


def open_events(stores: Mapping[str, PartitionStore], contact_id: str) -> dict[bytes, EventRow]:
    """A contact's events that are not final, those in doubt included."""
    rows = ((key, stores[LEDGER].get(key)) for key, _ in stores[BREVO_PENDING].scan(f"{contact_id}/".encode(), b""))
    return {key: EventRow.from_bytes(data) for key, data in rows if data is not None}


def waits_for_its_contact(contact_id: str, contact: ContactRow) -> bool:
    """Whether the contact's events wait although nothing is on its way that could let them go."""
    return not contact_id.startswith(SESSION_PREFIX) and contact.pending is None and not _has_ended(contact)


def _has_ended(contact: ContactRow) -> bool:
    return contact.state is not None or contact.rejected is not None or contact.withheld is not None


def is_open(contact: ContactRow, rank: Rank) -> bool:
    """Whether the upsert of this rank, or a later one, may still be written."""
    return contact.pending is not None and (
        contact.done is None or contact.done < rank or (contact.rank == rank and _is_kept(contact))
    )


def _is_kept(contact: ContactRow) -> bool:
    """Whether `pending` stays although it was written."""
    return bool(contact.awaited) or contact.unsure


def stands_by(contact: ContactRow, missing: Collection[int], *, once_more: bool) -> bool:
    """Whether all that is left to do for a contact is to join lists of `missing`, or what is not yet to be done."""
    is_done = contact.done == contact.rank and _is_kept(contact)
    return is_done and not (contact.unsure and once_more) and all(list_id in missing for list_id in contact.awaited)


def next_work(
    contact: ContactRow,
    events: Mapping[bytes, EventRow],
    read: ReadCommand,
    missing: Collection[int] = (),
    *,
    once_more: bool = True,
) -> ContactWork | None:
    """What a contact needs next: its upsert, then its events by date and name; ``None`` when it has to wait.

    `missing`: lists that do not exist at Brevo now. `once_more`: whether nobody else may be writing the contact now.

    Events wait for the first acknowledgement of their contact, as nobody says what Brevo does with an event of a
    contact that it does not know; a campaign has none. Those in doubt are not work: a person decides.
    """
    if (
        contact.pending is not None
        and contact.rank is not None
        and not stands_by(contact, missing, once_more=once_more)
    ):
        command = read(contact.pending)
        if isinstance(command, UpsertContact):
            return UpsertWork(
                command,
                contact.rank,
                contact.pending,
                state_before(command, contact.state),
                contact.importing,
                contact.creatable_at,
                contact.unsure,
            )
    waiting = []
    for key, row in events.items():
        if row.waiting is None or row.state not in ("pending", "intended"):
            continue
        event = read(row.waiting)
        if isinstance(event, SendCampaign) or (isinstance(event, OnceCommand) and _has_ended(contact)):
            rejected, withheld = contact.rejected, contact.withheld
            waiting.append(
                EventWork(key, event, row.state, row.waiting, rejected, withheld, row.campaign_id, row.intent_id)
            )
    return min(waiting, key=_turn, default=None)


def state_before(command: UpsertContact, state: ContactState | None) -> ContactState | None:
    """What is known of the contact as far as the command goes by it."""
    if state is None or not command.retries_refused:
        return state
    return state.model_copy(update={"refused": {}, "refused_lists": ()})


def _turn(work: EventWork) -> tuple[object, ...]:
    """Events by date and name; a question about consent comes last, since a wrong template holds it back."""
    command = work.command
    return (not isinstance(command, TrackEvent), command.event_date, command.name, work.key)
