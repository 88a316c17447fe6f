"""Follows imports at Brevo to their end, within the few calls an hour that Brevo gives for it."""

from __future__ import annotations

import asyncio
import csv
import io
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.budget import WriterFigures, next_poll
from processors.brevo.decisions.imports import UNFINISHED
from processors.brevo.writer.asking import Asker
from runtime.calls import Answer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """How an import ended."""

    status: str
    refused: frozenset[str] = frozenset()
    """Addresses that Brevo did not take, lower-cased."""
    reports_read: bool = True
    """False: Brevo did not take some, and nobody knows which."""

    @property
    def completed(self) -> bool:
        """Whether everything but `refused` is written."""
        return self.status == "completed" and self.reports_read


class ImportProcesses:
    """Asks Brevo how its imports are doing; all of it counts against the family `account`."""

    def __init__(self, api: BrevoClient, asker: Asker, figures: WriterFigures, now: Callable[[], float]) -> None:
        self._api = api
        self._asker = asker
        self._figures = figures
        self._now = now
        self._ends: dict[str, asyncio.Event] = {}
        self._settling: asyncio.Task[None] | None = None
        self.ended: set[str] = set()
        """Our ids of imports that are over for sure: what was in them may be written again."""

    def note_end(self, import_id: str) -> None:
        """Brevo says that an import is over (`brevo.notify_url`): ask at once."""
        if (event := self._ends.get(import_id)) is not None:
            event.set()

    async def follow(self, import_id: str, process_id: int) -> ProcessEnd:
        """Wait for the end of an import, for hours: while it lasts it may overwrite newer values."""
        ended = self._ends[import_id] = asyncio.Event()
        last_at = self._now() + self._figures.import_patience_seconds
        try:
            asked = 0
            while True:
                await _either(ended, next_poll(asked, self._figures))
                ended.clear()
                asked += 1
                answer = await self._asker.ask("account", partial(self._api.read_process, process_id), urgent=True)
                status = answer.body.get("status") if isinstance(answer.body, dict) else None
                if answer.status == 404 or (isinstance(status, str) and status not in UNFINISHED):
                    return await self._end(str(status), answer)
                if self._now() > last_at:
                    _log_not_ended()
                    return ProcessEnd("unfinished")
        finally:
            del self._ends[import_id]

    async def settled(self, import_id: str) -> None:
        """Wait until an import of which only its intent is known is over, if it ever began.

        Which process it is nobody knows any more, so the end of all is waited for, up to a limit.
        """
        if import_id in self.ended:
            return
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle())
        await asyncio.shield(self._settling)
        self.ended.add(import_id)

    def close(self) -> None:
        """Stop to wait."""
        if self._settling is not None:
            self._settling.cancel()

    async def _settle(self) -> None:
        await asyncio.sleep(self._figures.import_grace_seconds)
        last_at, asked = self._now() + self._figures.import_wait_seconds, 0
        while True:
            answer = await self._asker.ask("account", self._api.read_processes, urgent=True)
            processes = answer.body.get("processes") if isinstance(answer.body, dict) else None
            if not any(_is_unfinished(process) for process in processes or ()):
                return
            if self._now() > last_at:
                _log_not_ended()
                return
            await asyncio.sleep(next_poll(asked, self._figures))
            asked += 1

    async def _end(self, status: str, answer: Answer) -> ProcessEnd:
        info = answer.body.get("info") if isinstance(answer.body, dict) else None
        reports = info.get("import") if isinstance(info, dict) else None
        refused: set[str] = set()
        # An empty one is of nobody. A count, as Brevo's OpenAPI has it, says that there is somebody, but not who.
        for url in filter(None, reports.values() if isinstance(reports, dict) else ()):
            text = await self._api.read_report(url) if isinstance(url, str) else None
            if text is None:
                return ProcessEnd(status, reports_read=False)
            refused |= _addresses(text)
        return ProcessEnd(status, frozenset(refused))


def _log_not_ended() -> None:
    log.warning("import not ended", extra={
        "next": "nothing: writing goes on without it; Brevo shows its imports under Contacts, Import",
    })  # fmt: skip


def _is_unfinished(process: object) -> bool:
    return isinstance(process, dict) and process.get("status") in UNFINISHED


def _addresses(report: str) -> set[str]:
    """Every cell of a report that looks like an address; which column it is in is not documented."""
    cells = (cell for row in csv.reader(io.StringIO(report.replace(";", ","))) for cell in row)
    return {cell.strip().lower() for cell in cells if cell.strip() and cell.strip().upper() != "EMAIL"}


async def _either(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
