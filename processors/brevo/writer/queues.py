"""Where contacts with work wait: by family of calls, live before bulk, in an import batch or behind a burst."""

from __future__ import annotations

from collections.abc import Callable

from processors.brevo.decisions.families import FAMILIES, Family, family_of, priority_of
from processors.brevo.decisions.imports import Shape
from processors.brevo.decisions.next_action import ContactPhase
from processors.brevo.decisions.open_work import ContactWork, UpsertWork
from processors.brevo.writer.event_bursts import EventBursts
from processors.brevo.writer.import_batches import ImportBatches
from processors.brevo.writer.metrics import BrevoMetrics
from processors.brevo.writer.tasks import ContactTask
from processors.engine.work_queue import WorkQueue
from schemas.priority import PRIORITIES, RANKS


def _nobody_listens(_: Family) -> None:
    """Before there is a pump."""


class ContactQueues:
    """The places of contacts that wait; each has one at a time.

    Args:
        metrics: where what waits is counted.
        bulk_threshold: so many that wait for the same thing are an import batch, or a burst.
        gather_seconds: how long an upsert waits for others like it.
        now: monotonic seconds.
    """

    def __init__(
        self, metrics: BrevoMetrics, *, bulk_threshold: int, gather_seconds: float, now: Callable[[], float]
    ) -> None:
        self.changed: Callable[[Family], None] = _nobody_listens
        """Called when work of a family has become available; the pump puts itself here."""
        self.import_batches = ImportBatches(bulk_threshold, now)
        self._metrics = metrics
        self._gather_seconds = gather_seconds
        self._now = now
        self._event_bursts = EventBursts(bulk_threshold)
        self._queues: dict[Family, WorkQueue[ContactTask]] = {family: WorkQueue() for family in FAMILIES}

    def put(self, task: ContactTask, work: ContactWork, shape: Shape | None, again_after: float | None) -> None:
        """The contact waits for its turn; who waits already keeps their place.

        Args:
            task: of the contact.
            work: what it needs.
            shape: what it can be imported with; ``None``: it is to be written alone.
            again_after: seconds that it backs off.
        """
        family, rank = family_of(work), RANKS[priority_of(work)]
        has_yielded = task.rank > rank and task.family == family and self._event_bursts.yields(task.contact)
        if task.phase is ContactPhase.WAITING and (task.family, task.rank) != (family, rank) and not has_yielded:
            self.remove(task)
        if task.phase is not ContactPhase.WAITING:
            gather = self._gather_seconds if family == "contacts" else 0.0
            task.phase, task.family, task.rank = ContactPhase.WAITING, family, rank
            task.due_at = self._now() + max(gather, again_after or 0.0)
            self._count(task, 1)
        self._join_batch_or_burst(task, work, None if again_after else shape)
        if self.import_batches.has(task.contact):
            self._queues[family].remove(task)
        else:
            self._queues[family].put(task, task.rank, task.due_at)
        self.changed(family)

    def remove(self, task: ContactTask) -> None:
        """The contact waits no more; nothing happens when it did not."""
        if task.phase is ContactPhase.WAITING:
            self._queues[task.family].remove(task)
            self.import_batches.discard(task.contact)
            self._event_bursts.discard(task.contact)
            self._count(task, -1)
            task.phase = ContactPhase.IDLE

    def begin(self, task: ContactTask) -> None:
        """The contact is busy until `finish`."""
        self.remove(task)
        task.phase = ContactPhase.BUSY

    def take(self, family: Family, *, live_only: bool) -> ContactTask | None:
        """Begin with the next contact of a family, live ones first.

        Who waits in an import batch stays there; who waits in a burst of events yields to the others.
        """
        queue, worst = self._queues[family], RANKS["live"] if live_only else None
        while (task := queue.take(self._now(), worst)) is not None:
            if not self.import_batches.has(task.contact):
                if not task.urgent or not self._event_bursts.yields(task.contact):
                    self.begin(task)
                    return task
                self._count(task, -1)
                task.rank = RANKS["bulk"]
                self._count(task, 1)
                queue.put(task, task.rank)
            queue.finish(task)
        return None

    def finish(self, task: ContactTask) -> None:
        """The contact is not under way any more."""
        self._queues[task.family].finish(task)

    def under_way(self, family: Family) -> int:
        """Contacts of a family that were taken and not finished; those in imports do not count."""
        return self._queues[family].under_way

    def next_in(self, family: Family) -> float | None:
        """Seconds until the next contact of a family may begin that waits for its time; ``None`` without one."""
        at = self._queues[family].next_at
        return None if at is None else at - self._now()

    def _join_batch_or_burst(self, task: ContactTask, work: ContactWork, shape: Shape | None) -> None:
        if not isinstance(work, UpsertWork):
            self._event_bursts.add(task.contact, work.command.session)
        elif shape is None:
            self.import_batches.discard(task.contact)
        else:
            self.import_batches.add(task.contact, shape)

    def _count(self, task: ContactTask, change: int) -> None:
        self._metrics.waiting.labels(task.family, PRIORITIES[task.rank]).inc(change)
