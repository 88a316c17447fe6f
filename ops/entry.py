"""What `rollcall` runs first: the rest is imported while Ctrl-C simply ends the process, without a traceback."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """Entry point of `rollcall`; the exit code."""
    once = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from ops.cli import command_line  # noqa: PLC0415 (that is the point)

    run = command_line(sys.argv[1:])
    signal.signal(signal.SIGINT, once)
    return run()
