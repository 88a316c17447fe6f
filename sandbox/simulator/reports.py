"""What Zoom's report of a run shows: all of it, or less, and not at once. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from sandbox.simulator.world import Chaos, RunSpan
from sandbox.zoom.state import StateRow

ReportRows = tuple[StateRow, ...]
_SHARE_MISSING = 0.1
_SHARE_ANONYMOUS = 0.4
# What Zoom leaves out for some accounts (https://developers.zoom.us/docs/api/using-zoom-apis/, e-mail display rules).
_ADDRESS = ("user_email", "registrant_id")
_EVERYTHING = (*_ADDRESS, "id", "participant_user_id", "name")


@dataclass(frozen=True)
class Report:
    """How complete reports are."""

    random: Random
    chaos: frozenset[Chaos]
    changes_after: int
    """Readings differ from each other only of runs that ended later (seconds since 1970)."""

    def readings(self, people: Sequence[list[StateRow]], span: RunSpan) -> tuple[ReportRows, ...]:
        """What each reading gives, the last one for good; `people` are the rows of each person who was there."""
        kept = list(people)
        if "report-missing" in self.chaos:
            kept = [rows for rows in people if self.random.random() >= _SHARE_MISSING]
        if "report-anonymous" in self.chaos:
            kept = [self._anonymous(rows) for rows in kept]
        final = tuple(
            sorted((row for rows in kept for row in rows), key=lambda row: (row["join_time"], row["user_id"]))
        )
        if "report-missing" not in self.chaos or span.ended_at <= self.changes_after:
            return (final,)
        return final[: len(final) // 2], tuple({**row, "duration": 0} for row in final), final

    def _anonymous(self, rows: list[StateRow]) -> list[StateRow]:
        if self.random.random() >= _SHARE_ANONYMOUS:
            return rows
        hidden = dict.fromkeys(self.random.choice((_ADDRESS, _EVERYTHING)), "")
        return [{**row, **hidden} for row in rows]
