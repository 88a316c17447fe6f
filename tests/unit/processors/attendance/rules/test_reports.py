"""When Zoom's report is settled, and what its rows say."""

from __future__ import annotations

import pytest

from processors.attendance.rules.connections import Connection
from processors.attendance.rules.reports import Reading, ReportState, parse_line

END = 1_000_000
SOON_MS = (END + 300) * 1000


def state(*readings: list[int] | None, checks: int = 4, now_ms: int = SOON_MS) -> ReportState:
    """The state after these readings: [rows, seconds, unfinished], or None for a report that was not there."""
    current = ReportState(learned_ms=END * 1000)
    for sums in readings:
        current.reading = Reading({"0": sums or [0, 0, 0]})
        current.conclude(checks=checks, found=sums is not None, end=END, now_ms=now_ms)
        current = ReportState.from_bytes(current.to_bytes())
    return current


def test_two_equal_readings_in_a_row_settle() -> None:
    """The same number of rows and the same total of durations."""
    assert state([10, 500, 0]).settled is None
    settled = state([10, 500, 0], [10, 500, 0])
    assert (settled.settled, settled.settled_reading) == ("report", 1)


@pytest.mark.parametrize("second", [[11, 500, 0], [10, 501, 0], [10, 500, 1], None])
def test_readings_that_differ_or_are_unfinished_do_not_settle(second: list[int] | None) -> None:
    """A row of duration 0 with a later leave means that Zoom is not done."""
    assert state([10, 500, 0], second).settled is None


def test_equal_readings_of_an_unfinished_report_do_not_settle() -> None:
    """Zoom was twice at the same row."""
    assert state([10, 500, 1], [10, 500, 1]).settled is None
    assert state([10, 500, 1], [10, 500, 1], [10, 560, 0], [10, 560, 0], checks=9).settled == "report"


def test_equal_readings_with_another_between_do_not_settle() -> None:
    """In a row means without a failed one between."""
    assert state([10, 500, 0], None, [10, 500, 0]).settled is None


def test_last_check_settles_whatever_its_rows_say() -> None:
    """After it there is no other."""
    assert state([10, 500, 1], checks=1).settled == "report"


@pytest.mark.parametrize("reading", [None, [0, 0, 0]])
def test_report_that_cannot_be_had_settles_as_live_only_at_the_last_check(reading: list[int] | None) -> None:
    """Zoom may redeliver webhooks until then."""
    assert state(reading, reading, reading).settled is None
    assert state(reading, reading, reading, reading).settled == "live"


def test_reading_a_day_after_the_end_settles_at_once() -> None:
    """A report so old does not change any more."""
    assert state([10, 500, 1], now_ms=(END + 86_401) * 1000).settled == "report"
    assert state([10, 500, 1], now_ms=(END + 86_400) * 1000).settled is None


def test_page_that_comes_twice_counts_once() -> None:
    """An answer may be delivered again."""
    line = parse_line({"user_id": "1", "join_time": "2026-08-19T16:00:00Z", "leave_time": "2026-08-19T16:01:00Z",
                       "duration": 60})  # fmt: skip
    assert line is not None
    reading = Reading()
    for _ in range(2):
        reading.add(0, [line])
        reading.add(1, [line, line])
    assert reading.sums == [3, 180, 0]


def test_line_in_the_waiting_room_is_no_presence() -> None:
    """Such rows are listed by Zoom, and dropped."""
    row = {"user_id": "1", "join_time": "2026-08-12T14:06:40Z", "leave_time": "2026-08-12T14:07:15Z", "duration": 35}
    waiting, there = parse_line({**row, "status": "in_waiting_room"}), parse_line({**row, "status": "in_meeting"})
    assert waiting is not None
    assert there is not None
    assert waiting.waiting
    assert not there.waiting
    assert waiting.name != there.name


def test_line_without_a_join_or_a_leave_is_no_interval() -> None:
    """Zoom once sent empty times for weeks."""
    assert parse_line({"user_id": "1", "join_time": "", "leave_time": "", "duration": 0}) is None
    assert parse_line({"user_id": "1", "join_time": "2026-08-12T14:06:40Z", "leave_time": "", "duration": 0}) is None


@pytest.mark.parametrize(("said", "internal"), [(True, True), (False, False), (None, False)])
def test_line_says_who_is_a_user_of_the_account(said: bool | None, internal: bool) -> None:
    """Where Zoom says so; the row is kept with it."""
    line = parse_line(
        {"join_time": "2026-08-12T14:06:40Z", "leave_time": "2026-08-12T14:07:15Z", "internal_user": said}
    )
    assert line is not None
    assert Connection.from_bytes(line.connection.to_bytes()).internal is internal
