"""What `rollcall` runs first: the rest is imported while Ctrl-C simply ends the process, without a traceback."""

from __future__ import annotations

import gc
import signal
import sys

# Python's own 700 make it look for cycles two hundred times while a worker is imported, a tenth of that time.
OBJECTS_BETWEEN_COLLECTIONS = 10_000


def main() -> int:
    """Entry point of `rollcall`; the exit code."""
    once = signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    from ops.cli import command_line  # noqa: PLC0415 (that is the point)

    run = command_line(sys.argv[1:])
    signal.signal(signal.SIGINT, once)
    return run()
