"""Which of two pieces of work goes first. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Priority = Literal["live", "bulk"]
"""What somebody is waiting for, or what may take its time: back-fills and sweeps."""
PRIORITIES: tuple[Priority, ...] = ("live", "bulk")
"""By rank."""
RANKS: Mapping[Priority, int] = {priority: rank for rank, priority in enumerate(PRIORITIES)}
"""The lower one goes first."""
