"""What an answer depends on besides the state: which occurrences are over, and how often a report was read."""

# Previous occurrences: https://developers.zoom.us/docs/api/meetings/, checked 2026-11-27.

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sandbox.zoom.state import StateRow, ZoomState
from schemas.instants import parse_instant

DETAIL_PATHS = ("/meetings/{}", "/webinars/{}")
REPORTS = ("/report/meetings/{}/participants", "/report/webinars/{}/participants")


def without_previous(details: StateRow, query: Mapping[str, str], now: float) -> StateRow:
    """The details as Zoom shows them: occurrences that are over only where they are asked for."""
    if "occurrences" not in details or query.get("show_previous_occurrences") == "true":
        return details
    return {
        **details,
        "occurrences": [occurrence for occurrence in details["occurrences"] if not _is_over(occurrence, now)],
    }


def _is_over(occurrence: StateRow, now: float) -> bool:
    start = parse_instant(occurrence["start_time"]) or 0
    return start + 60 * int(occurrence.get("duration", 0)) < now


class Readings:
    """Counts how often each run's report was read from its first page on."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()

    def rows(
        self, state: ZoomState, kind: str, name: str, rows: list[StateRow], *, is_first_page: bool
    ) -> list[StateRow]:
        """What this reading gives: one of the run's earlier readings, or `rows`, its final ones."""
        found = state.session(kind, name)
        instance = found[1] if found else None
        if instance is None or not instance.earlier_readings:
            return rows
        self._count[instance.uuid] += is_first_page
        number = self._count[instance.uuid] - 1
        if not 0 <= number < len(instance.earlier_readings):
            return rows
        shown = set(rows[0]) if rows else set()
        return [{key: row[key] for key in row if key in shown} for row in instance.earlier_readings[number]]
