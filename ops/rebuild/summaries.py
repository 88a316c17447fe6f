"""What is told of sessions as a whole, where the state changes: the compacted topic keeps no older word. PURE.

Whatever a switch overwrites is kept in a topic of the state that was live, so that it can be undone; where there was
nothing to overwrite, what is kept says that there is no such session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from schemas.sessions import SessionSummary

Summaries = Mapping[bytes, SessionSummary]
_BESIDE = ("origin", "next_check_at")
"""Fields that are no difference: who brought the news, and when it is looked at again."""


class Retold(NamedTuple):
    """One session that is told of anew."""

    key: bytes
    now: SessionSummary
    before: SessionSummary
    """What an undoing tells."""


def retold(told: Summaries, other: Summaries, *, is_whole: bool, horizon: datetime | None) -> Iterator[Retold]:
    """Every session of which the other state says something else, but for those that are under way.

    These the workers conclude, and tell (`untold`): what a rebuild said of them meanwhile may lack Zoom's answers.

    Args:
        told: what the topic says.
        other: what the other state says.
        is_whole: the other state says something of all sessions, and not only of those that a switch overwrote.
        horizon: what began before may be missing in the other state; ``None``: nothing is.
    """
    for key, now in sorted(other.items()):
        before = told.get(key)
        if before is not None and not before.is_final:
            continue
        if before is None or before.digest(*_BESIDE) != now.digest(*_BESIDE):
            yield Retold(key, now, _taken_back(now) if before is None else before)
    for key, before in sorted(told.items()) if is_whole else ():
        began = before.started_at
        is_kept = horizon is not None and (began is None or began < horizon)
        if key not in other and before.is_final and not before.retracted and not is_kept:
            yield Retold(key, _taken_back(before), before)


def _taken_back(summary: SessionSummary) -> SessionSummary:
    nothing = {"is_final": True, "state": "final", "retracted": True, "next_check_at": None, "waits_for": ""}
    return summary.model_copy(update=nothing)
