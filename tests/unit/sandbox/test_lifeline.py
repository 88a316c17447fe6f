from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.processes import wait_until

ROOT = Path(__file__).parents[3]
PARENT = """
import subprocess, sys, time
from pathlib import Path
from sandbox.lifeline import Lifeline
command = ["/bin/sh", "-c", "sleep 60 & echo $! $$; wait"]
child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
lifeline = Lifeline(child.pid, Path(sys.argv[1]))
print(child.stdout.readline(), end="", flush=True)
time.sleep(60)
"""


def is_gone(pid: int) -> bool:
    """Ended, also where nobody has collected it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_child_of_a_killed_parent_ends_with_what_it_started_and_its_folder(tmp_path: Path) -> None:
    """SIGKILL runs no clean-up: a killed test run leaves no worker behind."""
    folder = tmp_path / "of the child"
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert not any(is_gone(pid) for pid in pids)
        parent.send_signal(signal.SIGKILL)
        wait_until(lambda: all(is_gone(pid) for pid in pids), timeout_seconds=10, what="the children have ended")
        wait_until(lambda: not folder.exists(), timeout_seconds=10, what="the folder is gone")
