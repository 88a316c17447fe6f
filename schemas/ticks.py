"""`attendance.ticks.v1`: the clock and the continuations of `track-attendance`. Internal."""

from __future__ import annotations

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
