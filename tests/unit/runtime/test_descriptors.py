"""How many descriptors there are, and how many of them connections get."""

from __future__ import annotations

import subprocess
import sys

import pytest

from runtime.connections import ConnectionLimits
from runtime.descriptors import RESERVED, within_descriptors


@pytest.mark.parametrize(("hard", "now"), [(3_000, 3_000), (600, 600)])
def test_descriptor_limit_is_raised_to_the_hard_one(hard: int, now: int) -> None:
    """Systemd's soft limit is 1,024; in a process of its own, since it cannot be taken back."""
    script = (
        "import resource; from runtime.descriptors import raise_descriptor_limit;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (512, {hard}));"
        "print(raise_descriptor_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(now), str(now), str(hard)]


def test_connections_leave_descriptors_for_the_rest_of_the_process() -> None:
    """Health and metrics are asked most when something is wrong."""
    limits = ConnectionLimits(total=4_096, per_address=1_024)
    assert within_descriptors(limits, 65_536) == limits
    few = within_descriptors(limits, 1_024)
    assert (few.total, few.per_address) == (1_024 - RESERVED, 1_024 - RESERVED)
    assert within_descriptors(limits, 10).total == 1
