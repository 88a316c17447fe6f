"""A stop that hangs ends all the same."""

from __future__ import annotations

import subprocess
import sys
import threading

from processors.engine.stopping import UNACKNOWLEDGED, StopDeadline

HANGING = """
import threading
from processors.engine.stopping import StopDeadline
StopDeadline(0.2).start()
threading.Event().wait()  # as Faust waits for its thread: no event loop runs
"""


def test_deadline_while_nothing_moves_ends_the_process_and_shows_where_it_hangs() -> None:
    """Exit code 70, unacknowledged."""
    ended = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == UNACKNOWLEDGED
    assert "in wait" in ended.stderr


def test_deadline_cancelled_in_time_ends_nothing() -> None:
    """It has stopped in order."""
    over = threading.Event()
    deadline = StopDeadline(0.05, lambda _reason: over.set())
    deadline.start()
    deadline.start()
    deadline.cancel()
    assert not over.wait(0.2)
