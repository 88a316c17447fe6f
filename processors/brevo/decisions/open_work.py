"""What is open in the ledger, and which of a contact's work is next. PURE."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from processors.brevo.decisions.ledger import (
    BREVO_PENDING,
    LEDGER,
    ContactRow,
    EventRow,
    EventState,
    Rank,
    ReadCommand,
    Waiting,
    contact_key,
    contact_of,
    state_before,
)
from processors.engine.view import PartitionStore
from schemas.attendance import SESSION_PREFIX
from schemas.brevo import (
    ContactState,
    OnceCommand,
    SendCampaign,
    TrackEvent,
    UpsertContact,
)
from schemas.model import Instant


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
    return min(_waiting_events(contact, events, read), key=_turn, default=None)


def _waiting_events(contact: ContactRow, events: Mapping[bytes, EventRow], read: ReadCommand) -> Iterator[EventWork]:
    for key, row in events.items():
        if row.waiting is None or row.state not in ("pending", "intended"):
            continue
        event = read(row.waiting)
        if isinstance(event, SendCampaign) or (isinstance(event, OnceCommand) and _has_ended(contact)):
            rejected, withheld = contact.rejected, contact.withheld
            yield EventWork(key, event, row.state, row.waiting, rejected, withheld, row.campaign_id, row.intent_id)


def _turn(work: EventWork) -> tuple[object, ...]:
    """Events by date and name; a question about consent comes last, since a wrong template holds it back."""
    command = work.command
    return (not isinstance(command, TrackEvent), command.event_date, command.name, work.key)
