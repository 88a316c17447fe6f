"""What was begun by a button and goes on: a page waits for it a moment, and can be left and come back to."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

from aiohttp import web

from console.acting import ActOutcome, MadeFile
from runtime.foreign_text import redact
from schemas.errors import RollcallError

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 2.0
_MOST_KEPT = 100
_FILE_SECONDS = 600.0
"""So long a file waits to be taken: it may be all that is known of a person."""


@dataclass(slots=True)
class Doing:
    """One act that was begun."""

    word: str
    """In its URL."""
    title: str
    operator: str
    lines: Sequence[str] = ()
    """What was done."""
    problem: str = ""
    """Why it ended early."""
    is_over: bool = False
    file: MadeFile | None = None
    """That it has made, until it is taken."""

    def take_file(self) -> MadeFile | None:
        """The file, once; ``None``: there is none, or it was taken, or waited too long."""
        taken, self.file = self.file, None
        return taken


class Doings:
    """All that were begun in this process, the latest hundred of them."""

    def __init__(self) -> None:
        self._begun: dict[str, Doing] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, title: str, operator: str, work: Coroutine[None, None, ActOutcome]) -> Doing:
        """Begin it, and wait a moment for its end: it goes on when whoever asked goes away."""
        doing = Doing(secrets.token_urlsafe(12), title, operator)
        self._begun[doing.word] = doing
        while len(self._begun) > _MOST_KEPT:
            del self._begun[next(iter(self._begun))]
        task = asyncio.create_task(_do(doing, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait([task], timeout=_PATIENCE_SECONDS)
        return doing

    def of(self, word: str) -> Doing | None:
        """The one with that word; ``None``: of another process, or long ago."""
        return self._begun.get(word)

    async def finish(self, _app: web.Application) -> None:
        """The console stops: what was begun is finished first, as far as the process is given time."""
        if self._tasks:
            await asyncio.wait(self._tasks)


async def _do(doing: Doing, work: Coroutine[None, None, ActOutcome]) -> None:
    facts = {"act": doing.title, "account": doing.operator}
    try:
        told = await work
        if isinstance(told, MadeFile):
            doing.lines, doing.file = told.lines, told
            asyncio.get_running_loop().call_later(_FILE_SECONDS, doing.take_file)
        else:
            doing.lines = told
        log.info("an act is done", extra=facts)
    except RollcallError as error:
        doing.problem = redact(str(error))
        log.warning("an act ended early", extra={**facts, "reason": doing.problem})
    except Exception:
        doing.problem = "an error of ours: the console's log says more"
        log.exception("an act failed", extra=facts)
    finally:
        doing.is_over = True
