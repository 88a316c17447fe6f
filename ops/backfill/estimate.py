"""What a back-fill costs: calls to Zoom by label, and the time they take. PURE."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ops.backfill.sessions import PastSession
from processors.zoom.api.limits import PAGE_SIZE, RateLabel, ZoomPlan, daily_pool, rate

OWN_SHARE = 0.15
"""Of a label's rate, for reading what there is: live work, which must not wait for us, uses four fifths of it
(`processors/zoom/api/limits.py`)."""
REGISTRANT_STATUSES = 3
"""Zoom lists one status at a time."""
USER_STATUSES = 3


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of the calls that the worker will make; registrants are taken to be as many as participants."""

    calls: int
    minutes: float
    """When nothing else calls Zoom."""
    days: int
    """More than 1 when the plan's daily pool is too small for a single one."""


def reading_interval(plan: ZoomPlan) -> float:
    """Seconds from one question of ours to the next."""
    limit = rate(plan, "heavy")
    return limit.seconds / (limit.calls * OWN_SHARE)


def estimate(sessions: Iterable[PastSession], plan: ZoomPlan) -> Estimate:
    """What the worker will ask about these sessions."""
    calls = _calls(list(sessions))
    seconds = sum(count * rate(plan, label).interval_seconds for label, count in calls.items())
    pools = {label: daily_pool(plan, label) for label in calls}
    used = Counter({pool.name: 0 for pool in pools.values() if pool})
    for label, pool in pools.items():
        if pool:
            used[pool.name] += calls[label]
    days = max((math.ceil(used[pool.name] / pool.calls) for pool in pools.values() if pool), default=1)
    return Estimate(calls.total(), seconds / 60, max(1, days))


def _calls(sessions: list[PastSession]) -> Counter[RateLabel]:
    calls: Counter[RateLabel] = Counter()
    people: dict[tuple[str, str], int] = {}
    for session in sessions:
        pages = max(1, math.ceil(session.participants / PAGE_SIZE))
        of = (session.object_type, session.object_id)
        people[of] = max(people.get(of, 0), pages)
        # The report, and a webinar's absentees.
        calls["heavy"] += 2 * pages if session.object_type == "webinar" else pages
    for (object_type, _), pages in people.items():
        calls["light"] += 1
        calls["medium"] += REGISTRANT_STATUSES - 1 + pages + (object_type == "webinar")
    calls["medium"] += USER_STATUSES * len({session.account_id for session in sessions})
    return calls
