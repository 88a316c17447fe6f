"""The end of a worker's process: in order when it can be, at once when it must be."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import NoReturn

from processors.engine.under_way import places
from runtime.exits import USAGE

STOP_SECONDS = 25.0
"""From being told to stop to the end of the process. Kubernetes kills after 30."""
UNACKNOWLEDGED = 70
_AGAIN_SECONDS = 0.1

log = logging.getLogger(__name__)


def stop_at_once(reason: str) -> NoReturn:
    """Leave without acknowledging: whoever gets the partitions next reads the batch again."""
    log.critical("stopping at once", extra={
        "reason": reason, "next": "nothing was acknowledged that was not confirmed: start it again",
    })  # fmt: skip
    logging.shutdown()
    os._exit(UNACKNOWLEDGED)


def refuse_at_once(reason: str) -> NoReturn:
    """Leave without acknowledging, with the code for what a person has to change."""
    logging.shutdown()
    sys.stderr.write(f"error: {reason}\n")
    sys.stderr.flush()
    os._exit(USAGE)


async def end_task(task: asyncio.Task[None], seconds: float) -> bool:
    """Cancel a task as often as it takes; whether it has ended within so many seconds.

    Once is not enough: a task that waits for another one to end, and has cancelled that itself, loses a cancellation
    that comes at that moment (aiokafka 0.14, `_stop_heartbeat_task`), and would go on as if it had never been told.
    """
    ends_at = time.monotonic() + seconds
    while not task.done() and time.monotonic() < ends_at:
        task.cancel()
        await asyncio.wait([task], timeout=_AGAIN_SECONDS)
    return task.done()


class StopDeadline:
    """Ends the process when stopping takes too long, and says what has not ended.

    Its timer is a thread: Faust waits for the end of its consumer's thread in a way that lets no event loop run.

    Args:
        loops: whose tasks are to have ended.
        seconds: from `start` on.
        stop: ends the process, unacknowledged.
    """

    def __init__(
        self,
        loops: Callable[[], Iterable[asyncio.AbstractEventLoop]],
        seconds: float = STOP_SECONDS,
        stop: Callable[[str], None] = stop_at_once,
    ) -> None:
        self._loops = loops
        self._seconds = seconds
        self._stop = stop
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        """From now on; no second beginning."""
        if self._timer is None:
            self._timer = threading.Timer(self._seconds, self._over)
            self._timer.daemon = True
            self._timer.start()

    def cancel(self) -> None:
        """It has stopped in time."""
        if self._timer is not None:
            self._timer.cancel()

    def _over(self) -> None:
        faulthandler.dump_traceback(all_threads=True)
        under_way = "nobody can say what"
        try:
            under_way = places(task for loop in self._loops() for task in asyncio.all_tasks(loop))
        finally:
            self._stop(f"told to stop {self._seconds:g} s ago, and has not ended: {under_way}")
