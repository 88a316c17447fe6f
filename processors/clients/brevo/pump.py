"""The pump: runs the scheduled work, many contacts at once, each strictly in sequence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from processors.clients.brevo.access import FAMILIES, Access, Family
from processors.clients.brevo.events import EventSender
from processors.clients.brevo.outcomes import Again, Outcomes, RevokedError
from processors.clients.brevo.schedule import Schedule, Stores
from processors.clients.brevo.upserts import UpsertWriter
from processors.engine.effect import Post
from processors.sink.budget import Pace
from processors.sink.ledger import UpsertWork

log = logging.getLogger(__name__)


class Pump:
    """One task per contact that is being worked on; a bounded number of them for each family."""

    def __init__(
        self,
        schedule: Schedule,
        access: Access,
        outcomes: Outcomes,
        upserts: UpsertWriter,
        events: EventSender,
        pace: Pace,
    ) -> None:
        self._schedule = schedule
        schedule.changed = self.dispatch
        self._access = access
        self._outcomes = outcomes
        self._upserts = upserts
        self._events = events
        self._pace = pace
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._under_way: dict[Family, int] = dict.fromkeys(FAMILIES, 0)

    def load(self, partition: int, stores: Stores) -> None:
        """Take a recovered partition over."""
        self._schedule.load(partition, stores)
        self._access.assigned(self._schedule.partitions)

    def applied(self, partition: int, keys: Iterable[bytes]) -> None:
        """Rows were confirmed."""
        self._schedule.applied(partition, keys)

    def revoke(self, partition: int) -> None:
        """Give a partition up: what waits for it is cancelled, calls under way end and are posted."""
        for contact in self._schedule.revoke(partition):
            if self._outcomes.is_waiting(contact) and contact in self._tasks:
                self._tasks[contact].cancel()
        self._access.assigned(self._schedule.partitions)

    async def run(self, post: Post) -> None:
        """Work until cancelled; then events whose intent is confirmed may still be sent for a moment."""
        self._outcomes.open(post)
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                for family in FAMILIES:
                    self.dispatch(family)
                await asyncio.Event().wait()
            finally:
                self._group = None
                await self._events.drain(self._pace.drain_seconds)
                for task in self._tasks.values():
                    task.cancel()

    def dispatch(self, family: Family) -> None:
        """Begin as much of a family's work as may run at once; some places are for the live lane alone."""
        while self._group is not None and (busy := self._under_way[family]) < self._pace.in_parallel:
            contact = self._schedule.take(family, live_only=busy >= self._pace.bulk_in_parallel)
            if contact is None:
                return
            self._under_way[family] += 1
            self._tasks[contact] = self._group.create_task(self._work(contact, family), name=f"brevo {family}")

    async def _work(self, contact: str, family: Family) -> None:
        again: Again | None = None
        try:
            again = await self._work_on(contact)
        except RevokedError:
            log.debug("contact %s: its partition went elsewhere", contact)
        finally:
            del self._tasks[contact]
            self._under_way[family] -= 1
            if self._group is not None:
                # At the end of the process the tables may be closed already.
                self._schedule.release(contact, again.after_seconds if again else None)
                self.dispatch(family)

    async def _work_on(self, contact: str) -> Again | None:
        work = self._schedule.work(contact)
        if isinstance(work, UpsertWork):
            return await self._upserts.write(contact, work)
        if work is not None:
            await self._events.send(contact, work)
        return None
