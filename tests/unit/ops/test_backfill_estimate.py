from __future__ import annotations

from dataclasses import replace

import pytest

from ops.backfill.estimate import OWN_SHARE, estimate, reading_interval
from ops.backfill.sessions import PastSession
from processors.zoom.api.limits import SHARE, ZoomPlan, rate

WEBINAR = PastSession("account", "u1", "1", 5, "T", "host", 0, 3_600, 40)
MEETING = replace(WEBINAR, object_id="2", uuid="u2", zoom_type=2)


def test_estimate_counts_each_page_that_the_worker_reads() -> None:
    """Details, three lists of registrants, panelists, report and absentees; users once an account."""
    users = 3
    assert estimate([WEBINAR], "pro").calls == users + 1 + 3 + 1 + 1 + 1
    assert estimate([MEETING], "pro").calls == users + 1 + 3 + 1
    assert estimate([WEBINAR, MEETING], "pro").calls == users + 7 + 5
    assert estimate([replace(WEBINAR, participants=301)], "pro").calls == users + 7 + 3
    assert estimate([], "pro").calls == 0


def test_estimate_asks_about_an_id_once_and_about_each_instance_of_it() -> None:
    """A recurring webinar has one list of registrants."""
    again = replace(WEBINAR, uuid="u3")
    assert estimate([WEBINAR, again], "pro").calls == estimate([WEBINAR], "pro").calls + 2


def test_estimate_of_more_calls_than_a_day_allows_takes_days() -> None:
    """A free plan has 2,000 medium calls a day: three for the users, four for each of 499 webinars."""
    webinars = [replace(WEBINAR, uuid=f"u{number}", object_id=str(number)) for number in range(500)]
    assert estimate(webinars[:499], "free").days == 1
    assert estimate(webinars, "free").days == 2
    assert estimate(webinars, "free").minutes > estimate(webinars, "pro").minutes > 0


@pytest.mark.parametrize("plan", ["free", "pro", "business"])
def test_reading_and_live_work_together_stay_within_the_plan(plan: ZoomPlan) -> None:
    """Even when both ask for nothing but heavy endpoints."""
    live, ours = 1 / rate(plan, "heavy").interval_seconds, 1 / reading_interval(plan)
    assert live + ours <= rate(plan, "heavy").calls / rate(plan, "heavy").seconds
    assert ours < live
    assert OWN_SHARE + SHARE < 1
