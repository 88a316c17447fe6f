"""A stop that hangs ends all the same."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading

from processors.engine.stopping import UNACKNOWLEDGED, StopDeadline, end_task

HANGING = """
import asyncio, threading
from processors.engine.stopping import StopDeadline
from runtime.logs import configure_logging

async def commit(address):
    await asyncio.Event().wait()

async def stop():
    loop = asyncio.get_running_loop()
    commits = [loop.create_task(commit("maya@example.com")) for _ in range(2)]
    await asyncio.sleep(0)
    StopDeadline(lambda: [loop], 0.2).start()
    threading.Event().wait()  # as Faust waits for its thread: no event loop runs

configure_logging()
asyncio.run(stop())
"""


def test_deadline_while_nothing_moves_ends_the_process_and_shows_where_it_hangs() -> None:
    """Exit code 70, unacknowledged; what has not ended is named, and nothing of what it works on."""
    ended = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == UNACKNOWLEDGED
    assert "in wait" in ended.stderr
    assert re.search(r"has not ended: stop <string>:\d+; 2 x commit <string>:\d+", ended.stderr)
    assert "maya" not in ended.stderr


def test_deadline_cancelled_in_time_ends_nothing() -> None:
    """It has stopped in order."""
    over = threading.Event()
    deadline = StopDeadline(list, 0.05, lambda _reason: over.set())
    deadline.start()
    deadline.start()
    deadline.cancel()
    assert not over.wait(0.2)


async def beat() -> None:
    """As aiokafka's heartbeat: told to end, it ends in order."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return


async def test_task_that_loses_a_cancellation_is_told_again() -> None:
    """As aiokafka's coordination does that waits for its heartbeat's end when it is told: it would go on for ever."""
    heart = asyncio.create_task(beat())
    await asyncio.sleep(0)

    async def coordinate() -> None:
        heart.cancel()
        await heart
        await asyncio.Event().wait()

    coordination = asyncio.create_task(coordinate())
    await asyncio.sleep(0)
    assert await end_task(coordination, 10)
    assert coordination.cancelled()


async def test_task_that_never_ends_is_waited_for_no_longer_than_told() -> None:
    """Whoever stops the worker goes on without it."""
    is_over = False

    async def stubborn() -> None:
        while not is_over:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    assert not await end_task(task, 0.3)
    is_over = True
    assert await end_task(task, 10)
