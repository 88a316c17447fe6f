"""What comes next for a contact: one table over its rows and over what is under way for it. PURE."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from processors.brevo.decisions.imports import Shape, shape_of
from processors.brevo.decisions.ledger import ContactRow, EventRow, Rank, ReadCommand
from processors.brevo.decisions.open_work import ContactWork, UpsertWork, next_work


class ContactPhase(Enum):
    """Where a contact with work stands."""

    IDLE = auto()
    """Nobody has looked at it yet, or what was under way for it has just ended."""
    WAITING = auto()
    """In a queue, perhaps not before a certain time, or in an import batch."""
    BUSY = auto()
    """A call or an import is under way."""


@dataclass(frozen=True, slots=True)
class PostedUpsert:
    """The outcome of an upsert that was posted: of which rank, and which lists it still awaits."""

    rank: Rank
    awaited: tuple[int, ...] = ()
    unsure: bool = False
    """It is to be written once more."""


@dataclass(frozen=True, slots=True)
class PostedEvent:
    """The outcome of an event that was posted, by the event's key."""

    key: bytes


Posted = PostedUpsert | PostedEvent


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a contact beside its rows."""

    phase: ContactPhase = ContactPhase.IDLE
    posted: Posted | None = None
    """The last outcome that was posted, until its rows are confirmed: the next call builds on them."""
    alone: bool = False
    """An import could not take it: only single calls are tried for what it wants now."""
    once_more: bool = True
    """Nobody else may be writing it: what another worker may have overwritten is written again."""


@dataclass(frozen=True, slots=True)
class AccountAtBrevo:
    """What is known of the account at Brevo."""

    missing_lists: Collection[int] = ()
    """Lists that do not exist now."""
    technical_list: int | None = None
    """For imports of contacts without a list."""


@dataclass(frozen=True, slots=True)
class ContactCall:
    """The contact's own calls."""

    work: ContactWork


@dataclass(frozen=True, slots=True)
class JoinImport:
    """With others of its shape, once there are enough of them; its own call before that."""

    work: UpsertWork
    shape: Shape


class Wait(Enum):
    """Nothing is begun."""

    UNDER_WAY = auto()
    """What is under way ends first; then somebody looks again."""
    UNCONFIRMED = auto()
    """An outcome is on its way back; its rows bring the contact here again."""


class Finish(Enum):
    """Nothing is left to do, or nothing that can be done now: a new row begins anew."""

    FINISH = auto()


Action = ContactCall | JoinImport | Wait | Finish


def next_action(
    row: ContactRow,
    events: Mapping[bytes, EventRow],
    standing: Standing,
    account: AccountAtBrevo,
    read: ReadCommand,
) -> Action:
    """What to do; `events` are those of the contact that are not final."""
    if standing.phase is ContactPhase.BUSY:
        return Wait.UNDER_WAY
    if standing.posted is not None and not is_confirmed(standing.posted, row, events):
        return Wait.UNCONFIRMED
    work = next_work(row, events, read, account.missing_lists, once_more=standing.once_more)
    if work is None:
        return Finish.FINISH
    if isinstance(work, UpsertWork) and not standing.alone:
        shape = shape_of(work.command, account.technical_list, account.missing_lists)
        if shape is not None:
            return JoinImport(work, shape)
    return ContactCall(work)


def is_confirmed(posted: Posted, row: ContactRow, events: Mapping[bytes, EventRow]) -> bool:
    """Whether a posted outcome is in the rows."""
    if isinstance(posted, PostedEvent):
        return posted.key not in events or events[posted.key].state not in ("pending", "intended")
    if row.done is None:  # of the first upsert, or of who was forgotten while it was written
        return row.rank is None or row.rank < posted.rank
    if row.done < posted.rank:
        return False
    return row.rank != posted.rank or (row.awaited, row.unsure) == (posted.awaited, posted.unsure)
