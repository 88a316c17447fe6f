"""How work ends: outcome and dead letter posted together, the contact held until they come back, all of it counted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from processors.brevo.decisions.open_work import ContactWork, UpsertWork
from processors.brevo.decisions.results import Ending, dead_letter_output, deletion_output, result_output
from processors.brevo.writer.batch_log import BatchLog
from processors.brevo.writer.metrics import BrevoMetrics
from processors.brevo.writer.schedule import WorkSchedule
from processors.engine.effect import Post
from processors.engine.view import Output

log = logging.getLogger(__name__)


class RevokedError(Exception):
    """The contact's partition is no longer ours: nothing new is begun for it."""


@dataclass(frozen=True, slots=True)
class Again:
    """The work is not done: look at the contact again after so many seconds."""

    after_seconds: float


class Outcomes:
    """Posts endings and intents.

    Args:
        agent: name in dead letters.
        version: of the code, in dead letters.
        clock: aware wall time.
        batches: what tells the log of them.
    """

    def __init__(
        self,
        schedule: WorkSchedule,
        metrics: BrevoMetrics,
        clock: Callable[[], datetime],
        batches: BatchLog,
        *,
        agent: str,
        version: str,
    ) -> None:
        self.batches = batches
        self._schedule = schedule
        self._metrics = metrics
        self._clock = clock
        self._agent = agent
        self._version = version
        self._post: Post | None = None

    def open(self, post: Post) -> None:
        """From now on outcomes go here."""
        self._post = post

    @contextmanager
    def waiting(self, contact: str) -> Iterator[None]:
        """While a contact's work waits, and only then, it may be cancelled because its partition went.

        Raises:
            RevokedError: it went before.
        """
        if not self._schedule.owned(contact):
            raise RevokedError
        task = self._schedule.task(contact)
        task.cancellable = True
        try:
            yield
        finally:
            task.cancellable = False

    async def post(self, results: Sequence[tuple[ContactWork, Ending]]) -> None:
        """Post results that end nothing; returns when the broker has them."""
        now = self._clock()
        await self._send([result_output(work, ending, now) for work, ending in results])

    async def end(self, contact: str, work: ContactWork, ending: Ending) -> None:
        """Post an outcome; the contact's next work begins when it is confirmed."""
        await self.end_all([(contact, work, ending)])

    async def end_all(self, endings: Sequence[tuple[str, ContactWork, Ending]]) -> None:
        """Post the outcomes of many contacts together; see `end`."""
        now = self._clock()
        outputs = []
        for contact, work, ending in endings:
            if ending.error is not None:
                home = self._schedule.task(contact).partition
                outputs.append(
                    dead_letter_output(
                        work,
                        ending,
                        agent=self._agent,
                        version=self._version,
                        partition=home,
                        at_ms=round(now.timestamp() * 1_000),
                    )
                )
            outputs.append(result_output(work, ending, now))
            if ending.deleted:
                outputs.append(deletion_output(work, now))
            awaited = ending.acknowledged.awaited if ending.acknowledged else ()
            self._schedule.answered(contact, work, awaited, unsure=ending.unsure)
        if outputs:
            await self._send(outputs)
        for _contact, work, ending in endings:
            self._count(work, ending, now)

    def _count(self, work: ContactWork, ending: Ending, now: datetime) -> None:
        kind = "upsert" if isinstance(work, UpsertWork) else "event"
        self._metrics.results.labels(kind, ending.outcome).inc()
        self.batches.note(work, ending)
        if ending.outcome in ("acknowledged", "unchanged"):
            if work.command.as_it_happened:
                age = (now - work.command.occurred_at).total_seconds()
                self._metrics.freshness.labels(kind).observe(max(0.0, age))
        elif ending.outcome != "suppressed":  # as it was wanted: counted with its batch
            _say(kind, work, ending)

    async def _send(self, outputs: Sequence[Output]) -> None:
        if self._post is None:
            raise RuntimeError("nothing can be posted before run()")
        await self._post(outputs)


def _say(kind: str, work: ContactWork, ending: Ending) -> None:
    # The command leads to its contact for who may read the topics; a log goes further than they do.
    command_id = work.command.command_id
    facts = {"kind": kind, "command": command_id, "reason": ending.detail}
    if ending.outcome == "in_doubt":
        log.warning("event in doubt", extra=facts | {"next": "rollcall effects --check, then rollcall effects resolve"})
    else:
        log.warning("refused by brevo", extra=facts | {"next": f"rollcall trace delivery {command_id}"})
