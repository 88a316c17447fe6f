"""An account's allowance in a file: all processes with the same folder take from it, also after a restart."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path

import orjson

from processors.zoom.api.allowance import Allowance
from runtime.private_files import PRIVATE_FILE, PRIVATE_FOLDER

LOCK_SECONDS, LOCK_PAUSE_SECONDS = 1.0, 0.002
"""Who holds the lock needs microseconds; who was stopped while holding it must not stop the others."""

log = logging.getLogger(__name__)


class AllowanceFile:
    """One account's.

    Without a folder, or where the folder cannot be written, the allowance is this process's own.
    """

    def __init__(self, folder: Path | None, account_id: str) -> None:
        """Nothing is opened yet."""
        name = hashlib.sha256(account_id.encode()).hexdigest()[:32]
        self._path = folder / f"{name}.json" if folder is not None else None
        self._own = Allowance()
        self._written = asyncio.Lock()

    @property
    def latest(self) -> Allowance:
        """As this process saw it last: for figures."""
        return self._own

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[Allowance]:
        """The allowance, to be changed within the block by nobody else; what is changed is kept."""
        async with self._written, contextlib.AsyncExitStack() as stack:
            descriptor = await self._locked(stack)
            if descriptor is not None:
                self._own = _read(descriptor)
            yield self._own
            if descriptor is not None:
                _write(descriptor, self._own)

    async def _locked(self, stack: contextlib.AsyncExitStack) -> int | None:
        if self._path is None:
            return None
        try:
            self._path.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        except OSError as error:
            # Without a data folder there is no worker here to share with.
            facts = {"file": str(self._path), "reason": error.strerror}
            if isinstance(error, FileNotFoundError):
                log.debug("zoom's limits kept alone", extra=facts)
            else:
                log.warning("zoom's limits kept alone", extra=facts | {"next": "make ZOOM_BUDGET_DIR writable"})
            self._path = None
            return None
        stack.callback(os.close, descriptor)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOCK_SECONDS):
                while not _try_lock(descriptor):  # noqa: ASYNC110 (another process has no event for us)
                    await asyncio.sleep(LOCK_PAUSE_SECONDS)
        return descriptor


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> Allowance:
    try:
        return Allowance.from_json(orjson.loads(os.pread(descriptor, 65_536, 0)))
    except orjson.JSONDecodeError:
        return Allowance()  # new, or cut short by a crash


def _write(descriptor: int, allowance: Allowance) -> None:
    data = orjson.dumps(allowance.as_json())
    # Not synced to the disk: what a crash of the machine loses is a day's count, and Zoom's 429 tells of that.
    os.pwrite(descriptor, data, 0)
    os.ftruncate(descriptor, len(data))
