"""The clocks and continuations of agents: `attendance.ticks.v1`, `engagement.ticks.v1`. Internal."""

from __future__ import annotations

from datetime import date
from typing import Literal

from schemas.model import Instant, Wire


class Tick(Wire):
    """`clock`: look for due work of this partition. `continue`: the next step of the due work named `job`.

    `announce`: the next registrants to be told of a start, from `job` on.
    """

    schema_version: Literal[1] = 1
    kind: Literal["clock", "continue", "announce"]
    now: Instant
    job: str | None = None


class SweepTick(Wire):
    """Of `score-engagement`: the next piece of the decay sweep of this partition."""

    schema_version: Literal[1] = 1
    day: date
    """Reference date (UTC) of the sweep."""
    step: int = 0
    """0 begins it."""
