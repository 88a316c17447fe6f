"""Which contacts have work: what the confirmed rows say, live before bulk, one thing at a time for each contact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from processors.brevo.decisions.imports import Shape, shape_of
from processors.brevo.decisions.ledger import ContactRow, EventRow, ReadCommand, contact_of
from processors.brevo.decisions.next_action import (
    AccountAtBrevo,
    ContactCall,
    ContactPhase,
    Finish,
    JoinImport,
    PostedEvent,
    PostedUpsert,
    Wait,
    is_confirmed,
    next_action,
)
from processors.brevo.decisions.open_commands import OpenCommands
from processors.brevo.decisions.open_work import (
    ContactWork,
    UpsertWork,
    contact_row,
    next_work,
    open_contacts,
    open_events,
)
from processors.brevo.writer.intents import Intents
from processors.brevo.writer.lists import ListWatch
from processors.brevo.writer.queues import ContactQueues
from processors.brevo.writer.takeovers import Takeovers
from processors.brevo.writer.tasks import ContactTask
from processors.brevo.writer.waiting import WaitingEvents
from processors.engine.view import PartitionStore

Stores = Mapping[str, PartitionStore]
OpenContactListener = Callable[[str, ContactRow, ReadCommand], None]
"""Is told of each contact that has anything open when its partition becomes ours."""


class WorkSchedule:
    """The work of the partitions that are ours.

    Rows are read when work is taken, so the newest revision is what is worked on.

    Args:
        queues: where those with work wait.
        waiting: where events that wait for a person are counted.
        lists: who only waits for a missing one has no work.
        commands: that are open, as the intake has read them.
        technical_list: for imports of contacts without a list.
        overtaken_seconds: after a take-over, how long its former owner may still write.
        now: monotonic seconds.
    """

    def __init__(
        self,
        queues: ContactQueues,
        waiting: WaitingEvents,
        lists: ListWatch,
        commands: OpenCommands,
        *,
        technical_list: int | None,
        overtaken_seconds: float,
        now: Callable[[], float],
    ) -> None:
        self.queues = queues
        self.takeovers = Takeovers(overtaken_seconds, now)
        self.intents = Intents()
        """What waits for a confirmed row before its call."""
        self._lists = lists
        self._commands = commands
        lists.returned = self._look_at_all
        self._technical_list = technical_list
        self._waiting_events = waiting
        self._partitions: dict[int, Stores] = {}
        self._tasks: dict[str, ContactTask] = {}

    @property
    def partitions(self) -> int:
        """How many are ours."""
        return len(self._partitions)

    def load(self, partition: int, stores: Stores, found: OpenContactListener) -> None:
        """Take a partition over: everything open is looked at, and told to `found`, each row read once."""
        self._partitions[partition] = stores
        for contact in list(open_contacts(stores)):
            row = contact_row(stores, contact)
            if row.pending is not None:
                # Whoever had the partition before may have called for this or an older revision and died.
                # A partition may come back while a call from before is still under way.
                task = self._tasks.setdefault(contact, ContactTask(contact, partition))
                task.uncertain = True
                self.takeovers.begin(partition, contact)
            found(contact, row, self._commands.reader(partition, contact))
            self._decide(partition, contact, row, open_events(stores, contact))

    def look_again(self) -> None:
        """Those whose former owner writes no more may be written once more."""
        for partition, contact in self.takeovers.over():
            if partition in self._partitions:
                self._look_at(partition, contact)

    def applied(self, partition: int, keys: Iterable[bytes]) -> None:
        """Rows of these keys were confirmed."""
        if partition in self._partitions:
            for contact in {contact_of(key) for key in keys}:
                self._look_at(partition, contact)

    def revoke(self, partition: int) -> list[ContactTask]:
        """Give a partition up: its waiting work is forgotten. Returns its contacts that are being worked on."""
        self._partitions.pop(partition, None)
        gone = [task for task in self._tasks.values() if task.partition == partition]
        for task in gone:
            self.intents.forget(task.contact)
            self.queues.remove(task)
            if task.phase is not ContactPhase.BUSY:
                del self._tasks[task.contact]
        self._waiting_events.drop(partition)
        self._commands.revoke(partition)
        return [task for task in gone if task.phase is ContactPhase.BUSY]

    def task(self, contact: str) -> ContactTask:
        """Of a contact that is being worked on."""
        return self._tasks[contact]

    def busy(self) -> Iterator[ContactTask]:
        """Those that are being worked on."""
        return (task for task in self._tasks.values() if task.phase is ContactPhase.BUSY)

    def take_batch(self, contacts: Iterable[str]) -> list[str]:
        """Those of the contacts that still wait for an import; they are busy until `release`."""
        found = [self._tasks[contact] for contact in contacts if contact in self._tasks]
        taken = [task for task in found if task.phase is ContactPhase.WAITING]
        for task in taken:
            self.queues.begin(task)
        return [task.contact for task in taken]

    def release(self, contact: str, again_after: float | None) -> None:
        """Done with a contact for now; it may begin again at once, or after so many seconds."""
        task = self._tasks[contact]
        self.queues.finish(task)
        if task.partition not in self._partitions:
            del self._tasks[contact]
            return
        task.phase, task.job = ContactPhase.IDLE, None
        self._look_at(task.partition, contact, again_after)

    def work(self, contact: str) -> ContactWork | None:
        """What a contact needs now; ``None`` too when its partition is no longer ours."""
        stores = self._stores_of(contact)
        if stores is None:
            return None
        once_more = not self.takeovers.is_unsure(contact)
        row, missing = contact_row(stores, contact), self._lists.missing
        read = self._commands.reader(self._tasks[contact].partition, contact)
        # Its events wait for the contact: of thousands in an import they need not be read.
        return next_work(row, {}, read, missing, once_more=once_more) or next_work(
            row, open_events(stores, contact), read, missing, once_more=once_more
        )

    def owned(self, contact: str) -> bool:
        """Whether a busy contact's partition is still ours."""
        return self._stores_of(contact) is not None

    def answered(self, contact: str, work: ContactWork, awaited: tuple[int, ...], *, unsure: bool) -> None:
        """An outcome was posted: the contact waits until it comes back confirmed. `awaited`: lists, of an upsert."""
        task = self._tasks[contact]
        if isinstance(work, UpsertWork):
            task.posted = PostedUpsert(work.rank, awaited, unsure)
        else:
            task.posted = PostedEvent(work.key)
        task.failures = 0

    def shape(self, contact: str, work: UpsertWork) -> Shape | None:
        """What the contact can be imported with (`shape_of`); ``None`` for who is to be written alone."""
        if self._tasks[contact].alone:
            return None
        return shape_of(work.command, self._technical_list, self._lists.missing)

    def _stores_of(self, contact: str) -> Stores | None:
        task = self._tasks.get(contact)
        return None if task is None else self._partitions.get(task.partition)

    def _look_at_all(self) -> None:
        """A list is there that contacts wait for."""
        for partition, stores in self._partitions.items():
            for contact in list(open_contacts(stores)):
                self._look_at(partition, contact)

    def _look_at(self, partition: int, contact: str, again_after: float | None = None) -> None:
        stores = self._partitions[partition]
        self._decide(partition, contact, contact_row(stores, contact), open_events(stores, contact), again_after)

    def _decide(
        self,
        partition: int,
        contact: str,
        row: ContactRow,
        events: Mapping[bytes, EventRow],
        again_after: float | None = None,
    ) -> None:
        self._commands.look_at(partition, contact, row, events.values())
        self._waiting_events.note(partition, contact, row, events)
        self.intents.note(contact, row, events)
        task = self._tasks.get(contact) or ContactTask(contact, partition)
        if row.pending is None:
            task.alone = False
        if task.posted is not None and is_confirmed(task.posted, row, events):
            task.posted = None
        standing = task.standing(once_more=not self.takeovers.is_unsure(contact))
        account = AccountAtBrevo(self._lists.missing, self._technical_list)
        action = next_action(row, events, standing, account, self._commands.reader(partition, contact))
        match action:
            case Wait():
                self._tasks[contact] = task
                if task.before_intent and task.job is not None and isinstance(self.work(contact), UpsertWork):
                    task.job.cancel()
            case Finish():
                self.queues.remove(task)
                self._tasks.pop(contact, None)
            case ContactCall(work):
                self._tasks[contact] = task
                self.queues.put(task, work, None, again_after)
            case JoinImport(work, shape):
                self._tasks[contact] = task
                self.queues.put(task, work, shape, again_after)
