"""The pump: runs the scheduled work, many contacts at once, each strictly in sequence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from processors.brevo.decisions.families import FAMILIES, Family
from processors.brevo.decisions.open_work import UpsertWork
from processors.brevo.writer.events import EventSender
from processors.brevo.writer.imports import ImportWriter
from processors.brevo.writer.outcomes import Again, RevokedError
from processors.brevo.writer.schedule import OpenContactListener, Stores
from processors.brevo.writer.tasks import ContactTask
from processors.brevo.writer.tools import WriterTools
from processors.brevo.writer.upserts import UpsertWriter
from processors.engine.effect import Post

MIN_WAIT_SECONDS = 0.01

log = logging.getLogger(__name__)


class Pump:
    """One task per contact that is being worked on; a bounded number of them for each family."""

    def __init__(self, tools: WriterTools, upserts: UpsertWriter, events: EventSender, imports: ImportWriter) -> None:
        self._schedule = tools.schedule
        queues = self._queues = tools.schedule.queues
        queues.changed = self.dispatch
        queues.import_batches.formed = self._give_back
        self._access = tools.access
        self._outcomes = tools.outcomes
        self._processes = tools.processes
        self._lists = tools.lists
        self._figures = tools.figures
        self._upserts = upserts
        self._events = events
        self._imports = imports
        self._group: asyncio.TaskGroup | None = None
        self._importing: set[asyncio.Task[None]] = set()
        self._timers: dict[Family, asyncio.TimerHandle] = {}

    def load(self, partition: int, stores: Stores, found: OpenContactListener) -> None:
        """Take a recovered partition over; `found` is told of every contact with something open."""
        self._schedule.load(partition, stores, found)
        self._access.assigned(self._schedule.partitions)

    def applied(self, partition: int, keys: Iterable[bytes]) -> None:
        """Rows were confirmed."""
        self._schedule.applied(partition, keys)

    def revoke(self, partition: int) -> None:
        """Give a partition up: what waits for it is cancelled, calls under way end and are posted."""
        for task in self._schedule.revoke(partition):
            if task.cancellable and task.job is not None:
                task.job.cancel()
        self._access.assigned(self._schedule.partitions)

    async def run(self, post: Post) -> None:
        """Work until cancelled; then events whose intent is confirmed may still be sent for a moment."""
        self._outcomes.open(post)
        async with asyncio.TaskGroup() as group:
            self._group = group
            looking = [
                group.create_task(self._lists.run(), name="brevo lists"),
                group.create_task(self._look_again(), name="brevo take-overs"),
                group.create_task(self._outcomes.batches.run(), name="brevo batch log"),
            ]
            try:
                for family in FAMILIES:
                    self.dispatch(family)
                await asyncio.Event().wait()
            finally:
                self._group = None
                for watcher in looking:
                    watcher.cancel()
                await self._events.drain(self._figures.drain_seconds)
                self._processes.close()
                for timer in self._timers.values():
                    timer.cancel()
                for job in (*(task.job for task in self._schedule.busy()), *self._importing):
                    if job is not None:
                        job.cancel()
                self._outcomes.batches.say()

    def dispatch(self, family: Family) -> None:
        """Begin as much of a family's work as may run at once; some places are for live work alone."""
        most = self._most(family)
        for_bulk = most * self._figures.bulk_in_parallel // self._figures.in_parallel
        while self._group is not None and (busy := self._queues.under_way(family)) < most:
            task = self._queues.take(family, live_only=busy >= for_bulk)
            if task is None:
                break
            task.job = self._group.create_task(self._work(task, family), name=f"brevo {family}")
        if self._group is not None:
            if family == "contacts":
                self._dispatch_imports(self._group)
            self._come_back(family)

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(self._figures.look_again_seconds)
            self._schedule.look_again()

    def _most(self, family: Family) -> int:
        """Contacts at once. Events that only wait for their turn are not begun: who comes later may go before them."""
        if family == "contacts":
            return self._figures.in_parallel
        return min(self._figures.in_parallel, 2 * self._access.intents[family].size + 2)

    def _give_back(self) -> None:
        """An import batch has come together: who waits for a permit of its own goes with it."""
        for task in self._schedule.busy():
            if task.job is not None and self._upserts.joins_batch(task):
                task.job.cancel()

    def _dispatch_imports(self, group: asyncio.TaskGroup) -> None:
        due = self._queues.import_batches.due(self._figures.quiet_seconds, self._figures.patience_seconds)
        for shape, waiting in due:
            if len(self._importing) >= self._figures.imports_at_once:
                return
            contacts = self._schedule.take_batch(waiting)
            task = group.create_task(self._imports.write(shape, contacts), name="brevo import")
            self._importing.add(task)
            task.add_done_callback(self._imported)

    def _imported(self, task: asyncio.Task[None]) -> None:
        self._importing.discard(task)
        self.dispatch("contacts")

    def _come_back(self, family: Family) -> None:
        """When the next work of a family may begin that waits for its time, or the next import batch is due."""
        if (timer := self._timers.pop(family, None)) is not None:
            timer.cancel()
        waits = []
        if self._queues.under_way(family) < self._most(family):
            waits = [wait for wait in (self._queues.next_in(family),) if wait is not None]
        if family == "contacts" and len(self._importing) < self._figures.imports_at_once:
            due_in = self._queues.import_batches.due_in(self._figures.quiet_seconds, self._figures.patience_seconds)
            if due_in is not None:
                waits.append(due_in)
        if waits:
            # Never at once: what is due now and has not begun waits for a place, and a place calls.
            wait = max(MIN_WAIT_SECONDS, min(waits))
            self._timers[family] = asyncio.get_running_loop().call_later(wait, self.dispatch, family)

    async def _work(self, task: ContactTask, family: Family) -> None:
        again: Again | None = None
        try:
            again = await self._work_on(task.contact)
        except RevokedError:
            log.debug("partition went elsewhere")
        finally:
            if self._group is not None:
                # At the end of the process the tables may be closed already.
                self._schedule.release(task.contact, again.after_seconds if again else None)
                self.dispatch(family)

    async def _work_on(self, contact: str) -> Again | None:
        work = self._schedule.work(contact)
        if isinstance(work, UpsertWork):
            return await self._upserts.write(contact, work)
        if work is not None:
            return await self._events.send(contact, work)
        return None
