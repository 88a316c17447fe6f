"""One line in the log for what was brought to Brevo one by one: once it is quiet, or now and then in a long rush."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from processors.brevo.decisions.open_work import ContactWork, UpsertWork
from processors.brevo.decisions.results import Ending
from schemas.brevo import CommandOutcome

QUIET_SECONDS, LONGEST_SECONDS = 2.0, 30.0
SESSIONS_NAMED = 5

_WORDS: dict[tuple[bool, CommandOutcome], str] = {
    (True, "acknowledged"): "contacts",
    (True, "unchanged"): "unchanged",
    (False, "acknowledged"): "events",
}
"""How an outcome is counted, by whether it is a contact's; any other by its own name."""

log = logging.getLogger(__name__)


class BatchLog:
    """Counts endings; an import has a line of its own.

    Args:
        now: monotonic seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._counts: Counter[str] = Counter()
        self._sessions: dict[str, None] = {}
        self._began = self._latest = 0.0
        self._noted = asyncio.Event()

    def note(self, work: ContactWork, ending: Ending) -> None:
        """A command has ended so."""
        if ending.import_id is not None:
            return
        self._latest = self._now()
        if not self._counts:
            self._began = self._latest
            self._noted.set()
        is_contact = isinstance(work, UpsertWork)
        self._counts[_WORDS.get((is_contact, ending.outcome), ending.outcome)] += 1
        if (session := work.command.session) is not None:
            self._sessions[session] = None

    def say(self) -> None:
        """The line, if anything was noted since the last one."""
        if not self._counts:
            return
        sessions = list(self._sessions)
        named = ",".join(sessions[:SESSIONS_NAMED]) + (",…" if len(sessions) > SESSIONS_NAMED else "")
        facts: dict[str, object] = {**self._counts, "seconds": round(self._latest - self._began, 1)}
        log.info("brevo written", extra=facts | ({"sessions": named} if named else {}))
        self._counts.clear()
        self._sessions.clear()
        self._noted.clear()

    async def run(self) -> None:
        """Say it when it is time, until cancelled."""
        while True:
            await self._noted.wait()
            due_in = min(self._latest + QUIET_SECONDS, self._began + LONGEST_SECONDS) - self._now()
            if due_in > 0:
                await asyncio.sleep(due_in)
            else:
                self.say()
