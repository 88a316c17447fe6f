"""The final result beside Zoom's own list of absentees: a difference is told, and ours stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schemas.codec import contact_id
from tests.support.tracking import Pipeline, configuration
from tests.support.worked_examples import Example, address, seconds

LINES = """\
webinar 10:00 60 min
registered ana
registered bo
registered cy
registered di
run A 10:00-10:30
ana in A 10:00-10:30
cy in A 10:00-10:30
run B 10:32-11:00
cy in B 10:32-11:00"""
ABSENT = {"A": ("bo", "cy"), "B": ("ana", "bo", "cy", "di")}
"""Whom Zoom calls absent, by run."""


def played(absent: Mapping[str, Sequence[str]]) -> Pipeline:
    """With these whom Zoom calls absent; of a run that is not there it says nothing."""
    example = Example()
    for line in LINES.splitlines():
        example.read(line)
    zoom = example.zoom()
    (session,) = zoom.sessions
    instances = tuple(
        run.model_copy(update={"absentees": tuple({"email": address(who)} for who in absent[run.uuid])})
        if run.uuid in absent
        else run
        for run in session.instances
    )
    zoom = zoom.model_copy(update={"sessions": (session.model_copy(update={"instances": instances}),)})
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), zoom)
    pipeline.now_ms = seconds("11:01") * 1_000
    pipeline.feed(example.bodies)
    pipeline.settle()
    return pipeline


def test_absentee_is_who_zoom_misses_in_every_run() -> None:
    """Ana came to the first run alone, cy shows Zoom another identity, and of di Zoom says nothing of the first."""
    pipeline = played(ABSENT)
    (summary,) = pipeline.summaries.values()
    told = summary.reconciliation
    assert told is not None
    assert told.zoom_absentees == 2
    assert {(difference.contact_id, difference.side) for difference in told.differences} == {
        (contact_id(address("cy")), "only_zoom"),
        (contact_id(address("di")), "only_ours"),
    }
    statuses = {result.email: result.attendance_status for result in pipeline.results.values()}
    assert statuses == {
        address("ana"): "left_early",
        address("bo"): "no_show",
        address("cy"): "attended",
        address("di"): "no_show",
    }


def test_list_that_zoom_gives_of_one_run_alone_is_compared_with_nothing() -> None:
    """Who came to the other one would be a difference."""
    (summary,) = played({"B": ABSENT["B"]}).summaries.values()
    assert summary.reconciliation is not None
    assert (summary.reconciliation.zoom_absentees, summary.reconciliation.differences) == (None, ())
