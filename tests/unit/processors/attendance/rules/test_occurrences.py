"""Which instances are one session, and which scheduled start is theirs."""

from __future__ import annotations

import pytest

from processors.attendance.rules.occurrences import Instance, group, scheduled_start

GAP = 900.0


def instance(uuid: str, start: int, end: int | None, zoom_type: int | None = 5) -> Instance:
    """One uuid of a webinar."""
    return Instance(uuid, start, end, zoom_type)


@pytest.mark.parametrize(("gap", "sessions"), [(900, 1), (901, 2), (-60, 1)])
def test_group_restart_within_the_gap_is_one_session(gap: int, sessions: int) -> None:
    """Fifteen minutes from an end to the next start are the border."""
    found = group([instance("b", 1000 + gap, 3000 + gap), instance("a", 0, 1000)], GAP)
    assert len(found) == sessions
    assert found[0].session_uuid == "a"


@pytest.mark.parametrize("zoom_type", [1, 4, None])
def test_group_instant_meetings_and_personal_rooms_are_never_stitched(zoom_type: int | None) -> None:
    """Another type is one occurrence per instance."""
    assert len(group([instance("a", 0, 100, zoom_type), instance("b", 200, 300, zoom_type)], GAP)) == 2


def test_group_running_instance_keeps_the_session_open() -> None:
    """It has ended when its last instance has."""
    (occurrence,) = group([instance("a", 0, 1000), instance("b", 1100, None)], GAP)
    assert not occurrence.ended
    assert occurrence.uuids == ("a", "b")


def test_occurrence_length_leaves_gaps_out() -> None:
    """Live time is the union of the instances."""
    (occurrence,) = group([instance("a", 0, 1000), instance("b", 1100, 2000), instance("c", 1900, 2100)], GAP)
    assert (occurrence.start, occurrence.end, occurrence.length) == (0, 2100, 2000)


def test_group_same_start_is_named_by_the_smaller_uuid() -> None:
    """The name does not depend on what arrived first."""
    for order in (("a", "b"), ("b", "a")):
        assert group([instance(each, 0, 10) for each in order], GAP)[0].session_uuid == "a"


def test_scheduled_start_is_the_nearest_within_half_a_day() -> None:
    """Twelve hours away is still it, a second more is not; of two equally near the earlier."""
    assert scheduled_start(50_000, [0, 90_000]) == 90_000
    assert scheduled_start(43_200, [0]) == 0
    assert scheduled_start(43_201, [0]) is None
    assert scheduled_start(100, [0, 200]) == 0
