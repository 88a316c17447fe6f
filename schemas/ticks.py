"""The clocks and continuations of agents: `attendance.ticks.v1`, `engagement.ticks.v1`. Internal."""

from __future__ import annotations

from datetime import date
from typing import Literal

from schemas.model import CloudEvent, Instant, Message


class Tick(Message):
    """`clock`: look for due work of this partition. `continue`: the next step of the due work named `job`.

    `announce`: the next registrants to be told of a start, from `job` on.
    """

    cloud_event = CloudEvent("attendance.tick", time="now")
    kind: Literal["clock", "continue", "announce"]
    now: Instant
    job: str | None = None
    account_id: str | None = None
    """Whose work it is; ``None``: of every account."""


class SweepTick(Message):
    """Of `score-engagement`: the next piece of the decay sweep of this partition."""

    cloud_event = CloudEvent("engagement.tick")
    day: date
    """Reference date (UTC) of the sweep."""
    step: int = 0
    """0 begins it."""
