"""What stands of one person's evidence in one run, and what it weighs."""

from __future__ import annotations

from processors.attendance.rules.intervals import Interval
from processors.attendance.rules.presence import Filed, presence_of, weight_of
from processors.attendance.rules.sessions import Weight


def filed(
    *intervals: tuple[int, int] | tuple[int, int, bool],
    email: str | None = "ana@example.com",
    is_row: bool = False,
    visitor: str = "",
) -> Filed:
    """One connection, or one row of the report."""
    return Filed(
        email=email,
        intervals=tuple(Interval(*interval) for interval in intervals),
        joins=len(intervals),
        is_row=is_row,
        rule="email",
        registrant_id=None,
        name=None,
        is_registered_name=False,
        excluded=False,
        visitor=visitor,
    )


def test_report_takes_the_assumed_ends_of_whom_it_knows_and_nothing_else() -> None:
    """A join and a leave that were received are proof; of joins its rows are counted."""
    webhooks = (filed((0, 10), (20, 60, True)), filed((70, 80)))
    alone = presence_of(webhooks)
    assert (alone.intervals, alone.joins, alone.webhooks, alone.rows) == (
        (Interval(0, 10), Interval(20, 60, assumed=True), Interval(70, 80)),
        3,
        2,
        0,
    )
    corrected = presence_of((*webhooks, filed((20, 30), is_row=True)))
    assert (set(corrected.intervals), corrected.joins, corrected.webhooks, corrected.rows) == (
        {Interval(0, 10), Interval(20, 30), Interval(70, 80)},
        1,
        2,
        1,
    )


def test_weight_is_time_within_the_run_and_once_for_each_person() -> None:
    """Two devices of one person are one; what lies outside the run is nothing."""
    devices = (filed((0, 40)), filed((30, 60)))
    assert weight_of(devices, (10, 50), scheduled=None) == Weight(1, 40, 0)
    assert weight_of(devices, (10, 50), scheduled=35) == Weight(1, 40, 15)
    assert weight_of(devices, (10, 50), scheduled=99) == Weight(1, 40, 0)


def test_anonymous_connections_weigh_each_for_themselves() -> None:
    """But a row of the report and the connection of its number are one."""
    nobody = [filed((0, 10), email=None, visitor="a"), filed((0, 10), email=None, visitor="b")]
    assert weight_of(nobody, (0, 50), scheduled=None) == Weight(2, 20, 0)
    row = filed((0, 12), email=None, visitor="a", is_row=True)
    assert weight_of([*nobody, row], (0, 50), scheduled=None) == Weight(2, 22, 0)
