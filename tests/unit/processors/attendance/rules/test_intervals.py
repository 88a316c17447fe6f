"""Walk, union and clip against computations that look at every second."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from processors.attendance.rules.intervals import Interval, clip, length, length_before, union, walk

SECONDS = st.integers(0, 60)
INSTANTS = st.sets(SECONDS, max_size=8)
SPANS = st.lists(st.tuples(SECONDS, SECONDS).map(lambda pair: (min(pair), max(pair))), max_size=6)


def walked_by_hand(joins: set[int], leaves: set[int], end: int) -> list[Interval]:
    """The rules of the walk, one event after the other."""
    events: list[tuple[int, str]] = []
    inside = False
    last = max(joins | leaves, default=None)
    for second in range(61):
        here = [name for name, instants in (("leave", leaves), ("join", joins)) if second in instants]
        if len(here) == 2 and not inside and second == last:
            here = ["join", "leave"]
        for name in here:
            events.append((second, name))
            inside = name == "join" or (inside and name != "leave")
    intervals, entered = [], None
    for second, name in events:
        if name == "join":
            entered = second if entered is None else entered
        elif entered is None:
            intervals.append(Interval(second, second, assumed=True))
        else:
            intervals.append(Interval(entered, second))
            entered = None
    if entered is not None:
        intervals.append(Interval(entered, max(entered, end), assumed=True))
    return intervals


@given(INSTANTS, INSTANTS, SECONDS)
def test_walk_follows_the_rules_of_ties(joins: set[int], leaves: set[int], end: int) -> None:
    """Leave first while in, leave first while out, join first at the very last instant."""
    assert walk(joins, leaves, end) == walked_by_hand(joins, leaves, end)


def test_walk_leave_without_join_is_a_visit_of_unknown_length() -> None:
    """They were there; how long is not known."""
    assert walk(set(), {30}, 60) == [Interval(30, 30, assumed=True)]


def test_walk_join_after_the_end_closes_at_its_own_start() -> None:
    """A join after E is no negative interval."""
    assert walk({70}, set(), 60) == [Interval(70, 70, assumed=True)]


@given(SPANS)
def test_union_covers_the_same_instants_once(spans: list[tuple[int, int]]) -> None:
    """Ordered, apart from each other, and nothing gained or lost."""
    merged = union(spans)
    assert {s for a, b in merged for s in range(a, b + 1)} >= {s for a, b in spans for s in range(a, b + 1)}
    assert length(merged) == len({s for a, b in spans for s in range(a, b)})
    assert all(before[1] < after[0] for before, after in itertools.pairwise(merged))


@given(SPANS, SPANS)
def test_clip_keeps_what_lies_in_the_live_time(spans: list[tuple[int, int]], live: list[tuple[int, int]]) -> None:
    """Presence is never longer than the session."""
    present, bounds = union(spans), union(live)
    kept = clip(present, bounds)
    seconds = {s for a, b in present for s in range(a, b)} & {s for a, b in bounds for s in range(a, b)}
    assert length(kept) == len(seconds) <= length(bounds)
    moments = {s for a, b in present for s in range(a, b + 1)} & {s for a, b in bounds for s in range(a, b + 1)}
    assert {s for a, b in kept for s in (a, b)} <= moments


@given(SPANS, SECONDS)
def test_length_before_skips_gaps(live: list[tuple[int, int]], instant: int) -> None:
    """A host's restart does not make anybody later."""
    bounds = union(live)
    assert length_before(instant, bounds) == len({s for a, b in bounds for s in range(a, b) if s < instant})
