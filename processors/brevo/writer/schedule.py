"""Which contacts have work: what the confirmed rows say, live before bulk, one thing at a time for each contact."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from processors.brevo.decisions.bulk import Shape, shape_of
from processors.brevo.decisions.ledger import (
    ContactRow,
    EventRow,
    EventWork,
    Rank,
    UpsertWork,
    Work,
    contact_of,
    contact_row,
    next_work,
    open_contacts,
    open_events,
)
from processors.brevo.writer.access import FAMILIES, Family
from processors.brevo.writer.crowds import EventCrowds, ImportCrowds
from processors.brevo.writer.intents import Intents
from processors.brevo.writer.lists import Lists
from processors.brevo.writer.metrics import BrevoMetrics
from processors.brevo.writer.tally import Tally
from processors.engine.view import PartitionStore
from schemas.brevo import ConfirmList, SendCampaign, SendRecording

Stores = Mapping[str, PartitionStore]
Lane = Literal["live", "bulk"]
LANES: tuple[Lane, ...] = ("live", "bulk")
_FAMILY_OF: Mapping[type, Family] = {SendRecording: "mails", ConfirmList: "confirmations", SendCampaign: "campaigns"}


def lane_of(work: Work) -> Lane:
    """Live work goes before bulk work."""
    return "live" if work.waiting.live else "bulk"


def family_of(work: Work) -> Family:
    """Whose budget the work needs."""
    return "contacts" if isinstance(work, UpsertWork) else _FAMILY_OF.get(type(work.command), "events")


def _nobody_listens(_: Family) -> None:
    """Before there is a pump."""


@dataclass(slots=True)
class _Queue:
    """Contacts in order of arrival; an entry whose contact has moved on since is dropped when it is its turn."""

    live: deque[str] = field(default_factory=deque)
    bulk: deque[str] = field(default_factory=deque)


class Schedule:
    """The work of the partitions that are ours.

    Rows are read when work is taken, so the newest revision is what is worked on, and memory holds contact ids only.

    Args:
        metrics: where what waits is counted.
        bulk_threshold: so many that wait for the same thing are a crowd.
        technical_list: for imports of contacts without a list.
        lists: who only waits for a missing one has no work.
        gather_seconds: how long an upsert waits for others like it.
        now: monotonic seconds.
    """

    def __init__(
        self,
        metrics: BrevoMetrics,
        lists: Lists,
        *,
        bulk_threshold: int,
        technical_list: int | None,
        gather_seconds: float,
        now: Callable[[], float],
    ) -> None:
        self.changed: Callable[[Family], None] = _nobody_listens
        """Called when work of a family has become available; the pump puts itself here."""
        self._metrics = metrics
        self._lists = lists
        lists.returned = self._look_at_all
        self._technical_list = technical_list
        self._gather_seconds = gather_seconds
        self._now = now
        self.crowds = ImportCrowds(bulk_threshold, now)
        self._event_crowds = EventCrowds(bulk_threshold)
        self._ripe_at: dict[str, float] = {}  # of queued upserts: when each may begin alone
        self._lanes: dict[str, Lane] = {}  # of busy contacts
        self.intents = Intents()
        """What waits for a confirmed row before its call."""
        self._tally = Tally(metrics)
        self.alone: set[str] = set()
        """Contacts that an import could not take: only single calls are tried for what they want now."""
        self._partitions: dict[int, Stores] = {}
        self._home: dict[str, int] = {}  # contact -> partition, of contacts with work
        self._queues = {family: _Queue() for family in FAMILIES}
        self._queued: dict[str, tuple[Family, Lane]] = {}
        self._busy: set[str] = set()
        self._resting: dict[str, asyncio.TimerHandle] = {}
        self._answered: dict[str, tuple[Rank, tuple[int, ...]] | bytes] = {}
        # posted and not confirmed yet: an upsert's rank and awaited lists, or an event's key
        self.uncertain: set[str] = set()
        """Contacts of which Brevo may hold more than the ledger says: a call whose outcome was lost."""

    @property
    def partitions(self) -> int:
        """How many are ours."""
        return len(self._partitions)

    def load(self, partition: int, stores: Stores) -> None:
        """Take a partition over: everything open is looked at."""
        self._partitions[partition] = stores
        for contact in list(open_contacts(stores)):
            if contact_row(stores, contact).pending is not None:
                # Whoever had the partition before may have called for this or an older revision and died.
                self.uncertain.add(contact)
            self._refresh(partition, contact)

    def applied(self, partition: int, keys: Iterable[bytes]) -> None:
        """Rows of these keys were confirmed."""
        if partition in self._partitions:
            for contact in {contact_of(key) for key in keys}:
                self._refresh(partition, contact)

    def revoke(self, partition: int) -> list[str]:
        """Give a partition up: its queued work is forgotten. Returns its contacts that are being worked on."""
        self._partitions.pop(partition, None)
        gone = [contact for contact, home in self._home.items() if home == partition]
        for contact in gone:
            if contact not in self._busy:
                del self._home[contact]
            self._dequeue(contact)
            self.intents.forget(contact)
            self.uncertain.discard(contact)
            self.alone.discard(contact)
            if timer := self._resting.pop(contact, None):
                timer.cancel()
        self._tally.drop(partition)
        return [contact for contact in gone if contact in self._busy]

    def take(self, family: Family, *, live_only: bool) -> str | None:
        """The next contact of a family, live ones first; it is busy until `release`.

        Who waits in a crowd for an import stays where it is; who waits in a crowd of events stands back.
        """
        queue = self._queues[family]
        for lane in LANES[: 1 if live_only else 2]:
            contacts: deque[str] = getattr(queue, lane)
            while contacts:
                contact = contacts[0]
                if self._queued.get(contact) != (family, lane) or self.crowds.is_crowded(contact):
                    contacts.popleft()
                elif lane == "live" and self._event_crowds.is_crowded(contact):
                    self._stand_back(contacts.popleft(), family)
                elif self._ripe_at.get(contact, 0.0) > self._now():
                    break
                else:
                    contacts.popleft()
                    self._begin(contact, lane)
                    return contact
        return None

    def ripe_in(self) -> float | None:
        """Seconds until the next upsert may begin alone; ``None`` when none is queued."""
        heads = [contacts[0] for contacts in (self._queues["contacts"].live, self._queues["contacts"].bulk) if contacts]
        at = min((self._ripe_at.get(contact, 0.0) for contact in heads), default=None)
        return None if at is None else max(0.0, at - self._now())

    def take_crowd(self, contacts: Iterable[str]) -> list[str]:
        """Those of the contacts that still wait for an import; they are busy until `release`."""
        taken = [contact for contact in contacts if contact in self._queued]
        for contact in taken:
            self._begin(contact, self._queued[contact][1])
        return taken

    def is_urgent(self, contact: str) -> bool:
        """Whether a busy contact's work goes before the bulk lane's."""
        return self._lanes.get(contact) == "live"

    def _begin(self, contact: str, lane: Lane) -> None:
        self._dequeue(contact)
        self._busy.add(contact)
        self._lanes[contact] = lane

    def _stand_back(self, contact: str, family: Family) -> None:
        self._metrics.waiting.labels(family, "live").dec()
        self._metrics.waiting.labels(family, "bulk").inc()
        self._queued[contact] = (family, "bulk")
        self._queues[family].bulk.append(contact)

    def release(self, contact: str, again_after: float | None) -> None:
        """Done with a contact for now; it is looked at again at once, or after so many seconds."""
        self._busy.discard(contact)
        self._lanes.pop(contact, None)
        partition = self._home[contact]
        if partition not in self._partitions:
            del self._home[contact]
        elif again_after is None:
            self._refresh(partition, contact)
        else:
            loop = asyncio.get_running_loop()
            self._resting[contact] = loop.call_later(again_after, self._rested, partition, contact)

    def work(self, contact: str) -> Work | None:
        """What a contact needs now; ``None`` too when its partition is no longer ours."""
        stores = self._partitions.get(self._home.get(contact, -1))
        return None if stores is None else self._next_work(contact_row(stores, contact), open_events(stores, contact))

    def home(self, contact: str) -> int:
        """The partition of a busy contact."""
        return self._home[contact]

    def owned(self, contact: str) -> bool:
        """Whether a busy contact's partition is still ours."""
        return self._home.get(contact) in self._partitions

    def answered(self, contact: str, work: Work, awaited: tuple[int, ...]) -> None:
        """An outcome was posted: the contact waits until it comes back confirmed. `awaited`: lists, of an upsert."""
        self._answered[contact] = (work.rank, awaited) if isinstance(work, UpsertWork) else work.key

    def _next_work(self, row: ContactRow, events: Mapping[bytes, EventRow]) -> Work | None:
        return next_work(row, events, self._lists.missing)

    def _look_at_all(self) -> None:
        """A list is there that contacts wait for."""
        for partition, stores in self._partitions.items():
            for contact in list(open_contacts(stores)):
                self._refresh(partition, contact)

    def _rested(self, partition: int, contact: str) -> None:
        del self._resting[contact]
        if partition in self._partitions:
            self._refresh(partition, contact)

    def _refresh(self, partition: int, contact: str) -> None:
        stores = self._partitions[partition]
        row, events = contact_row(stores, contact), open_events(stores, contact)
        self._tally.note(partition, contact, row, events)
        self.intents.note(contact, row, events)
        if row.pending is None:
            self.alone.discard(contact)
        if contact in self._busy or contact in self._resting or not self._is_confirmed(contact, row, events):
            return
        work = self._next_work(row, events)
        if work is None:
            self._dequeue(contact)
            self._home.pop(contact, None)
            return
        family, lane = family_of(work), lane_of(work)
        if self._is_queued(contact, family, lane):
            was_crowded = self.crowds.is_crowded(contact)
            self._note_crowd(contact, work)
            if was_crowded and not self.crowds.is_crowded(contact):
                # It left its queue for an import that it no longer waits for: `take` drops whoever is in a crowd.
                getattr(self._queues[family], self._queued[contact][1]).append(contact)
                self.changed(family)
            return
        self._dequeue(contact)
        self._home[contact] = partition
        self._queued[contact] = (family, lane)
        getattr(self._queues[family], lane).append(contact)
        self._ripe_at[contact] = self._now() + (self._gather_seconds if family == "contacts" else 0)
        self._note_crowd(contact, work)
        self._metrics.waiting.labels(family, lane).inc()
        self.changed(family)

    def _is_queued(self, contact: str, family: Family, lane: Lane) -> bool:
        queued = self._queued.get(contact)
        # Who stood back in a crowd of events is in the bulk queue, whichever lane the work came by.
        return queued in ((family, lane), (family, "bulk"))

    def _note_crowd(self, contact: str, work: Work) -> None:
        if isinstance(work, EventWork):
            self._event_crowds.add(contact, work.command.session)
            return
        shape = self.shape(contact, work)
        if shape is None:
            self.crowds.discard(contact)
        else:
            self.crowds.add(contact, shape)

    def shape(self, contact: str, work: UpsertWork) -> Shape | None:
        """See `shape_of`; ``None`` too for who is to be written alone."""
        return None if contact in self.alone else shape_of(work.command, self._technical_list, self._lists.missing)

    def _is_confirmed(self, contact: str, row: ContactRow, events: Mapping[bytes, EventRow]) -> bool:
        """Whether the last posted outcome of a contact is in its rows: the next call builds on them."""
        posted = self._answered.get(contact)
        if isinstance(posted, bytes):
            pending = posted in events and events[posted].state in ("pending", "intended")
        elif posted is not None:
            rank, awaited = posted
            pending = row.done is None or row.done < rank or (row.rank == rank and row.awaited != awaited)
        else:
            pending = False
        if not pending:
            self._answered.pop(contact, None)
        return not pending

    def _dequeue(self, contact: str) -> None:
        if queued := self._queued.pop(contact, None):
            self._ripe_at.pop(contact, None)
            self.crowds.discard(contact)
            self._event_crowds.discard(contact)
            self._metrics.waiting.labels(*queued).dec()
