"""Rows of Zoom's answers that cannot be read: they cost nobody else a result."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.zoom.state import ZoomState
from tests.support.told import Told, text
from tests.support.tracking import Pipeline, configuration

LISTED = {"id": "r3", "email": "li@example.com", "status": "approved"}
ROW = {"user_email": "li@example.com", "user_id": "9", "join_time": text(0), "leave_time": text(60), "duration": 3600}


def statuses(told: Told, *, registrant: Any = None, reported: Any = None, details: Any = None) -> dict[str, str]:
    """What everybody is told in the end, with these rows and fields in Zoom's answers besides."""
    document = told.zoom().model_dump()
    (session,) = document["sessions"]
    session["registrants"] += () if registrant is None else (registrant,)
    session["instances"][0]["participants"] += () if reported is None else (reported,)
    session["details"] |= details or {}
    pipeline = Pipeline(configuration("a"), ZoomState.model_validate(document | {"account_id": "a"}))
    pipeline.feed(told.bodies)
    pipeline.settle()
    assert all(result.is_final for result in pipeline.results.values())
    return {result.email: result.attendance_status for result in pipeline.results.values()}


@pytest.fixture
def told() -> Told:
    """One came, one did not; both registered, and one of them stands in Zoom's list alone."""
    told = Told()
    told.registers("r1", "ana@example.com")
    told.lists("r2", "bo@example.com")
    told.run("u1", 0, 60)
    told.stay("u1", "", 0, 60, registrant_id="r1")
    told.reports_row("u1", "ana@example.com", 0, 60, registrant_id="r1")
    return told


EXPECTED = {"ana@example.com": "attended", "bo@example.com": "no_show"}


@pytest.mark.parametrize(
    "registrant",
    [
        LISTED | {"create_time": "yesterday"},
        LISTED | {"create_time": 1_787_133_600},
        LISTED | {"custom_questions": [None]},
        LISTED | {"tracking_source": "newsletter"},
        LISTED | {"id": ["r3"]},
    ],
)
def test_registrant_that_cannot_be_read_costs_the_others_nothing(told: Told, registrant: dict[str, Any]) -> None:
    """The page was a dead letter once, and nothing of the webinar was ever published."""
    assert statuses(told, registrant=registrant) == EXPECTED


@pytest.mark.parametrize("reported", [ROW | {"leave_time": "later"}, ROW | {"name": {"first": "Li"}}])
def test_row_of_the_report_that_cannot_be_read_costs_the_others_nothing(told: Told, reported: dict[str, Any]) -> None:
    """The report settles without it."""
    assert statuses(told, reported=reported) == EXPECTED


def test_row_of_the_report_without_a_readable_duration_stands(told: Told) -> None:
    """Its join and leave say when somebody was there."""
    assert statuses(told, reported=ROW | {"duration": "an hour"}) == EXPECTED | {"li@example.com": "attended"}


@pytest.mark.parametrize("details", [{"start_time": "soon"}, {"duration": "an hour"}, {"tracking_fields": ["x"]}])
def test_webinar_that_cannot_be_read_is_as_one_that_zoom_does_not_show(told: Told, details: dict[str, Any]) -> None:
    """Its registrations and events say when it was to be held."""
    assert statuses(told, details=details) == EXPECTED
