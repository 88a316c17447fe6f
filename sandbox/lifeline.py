"""A child process ends with its parent, also when that is killed with SIGKILL and can end nothing itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

# Only the parent holds the writing end of the watcher's pipe, so that even its `kill -9` ends the child; `read` returns
# then. The negative number is the process group: what the child has started goes, too, and what was made for it alone.
_WATCHER = 'read _; kill -s KILL -- "-$0"; [ -z "$1" ] || rm -rf -- "$1"'


class Lifeline:
    """Held by the parent of one child that leads a process group (`start_new_session=True`).

    Args:
        pid: of the child.
        folder: removed with it; ``None``: nothing is.
    """

    def __init__(self, pid: int, folder: Path | None = None) -> None:
        self._watcher = subprocess.Popen(  # noqa: S603 - a fixed script with our own process id
            ["/bin/sh", "-c", _WATCHER, str(pid), str(folder or "")],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def release(self) -> None:
        """Before the child is ended in order: a process id that is free again is given to somebody else."""
        self._watcher.kill()
        self._watcher.communicate()
