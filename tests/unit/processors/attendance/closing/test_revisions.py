"""What was told once and changes: a revision only grows."""

from __future__ import annotations

import orjson

from schemas.attendance import Result
from schemas.codec import contact_id
from tests.support.tracking import Pipeline, configuration
from tests.support.worked_examples import Example, address, seconds


def test_revision_of_a_result_goes_on_after_it_was_taken_back() -> None:
    """Live she attended; by the report she left before it began; then Zoom redelivers that she came back."""
    example = Example()
    lines = "webinar 10:00 60 min\nrun A 09:30-11:00\nana in A 09:40-\nbo in A 10:00-11:00"
    report = "report A: ana 09:40-09:50, bo 10:00-11:00"
    for line in (*lines.splitlines(), report, "ana in A 10:10-10:40 phone"):
        example.read(line)
    late = [
        body
        for body in example.bodies
        if orjson.loads(body)["payload"]["object"].get("participant") and b"phone" in body
    ]
    pipeline = Pipeline(configuration(sessions={"report_checks": ["5m", "15m"]}), example.zoom())
    pipeline.now_ms = seconds("11:00:02") * 1_000
    pipeline.feed(body for body in example.bodies if body not in late)
    pipeline.settle(hours=1)
    pipeline.feed(late)
    pipeline.settle(hours=1)
    told = [fact for fact in pipeline.facts if isinstance(fact, Result) and fact.email == address("ana")]
    assert [(result.revision, result.retracted, result.attended_seconds // 60) for result in told] == [
        (1, False, 60),
        (2, True, 0),
        (3, False, 30),
    ]


def test_results_of_a_session_that_is_part_of_another_are_taken_back() -> None:
    """The webhooks of a first run of the same date come late: it gives the session its name."""
    example = Example()
    lines = "webinar 10:00 60 min\nrun A 09:55-10:20\nana in A 10:00-10:20\nrun B 10:25-11:00\nana in B 10:25-11:00"
    for line in lines.splitlines():
        example.read(line)
    late = [body for body in example.bodies if orjson.loads(body)["payload"]["object"]["uuid"] == "A"]
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), example.zoom())
    pipeline.now_ms = seconds("11:00:02") * 1_000
    pipeline.feed(body for body in example.bodies if body not in late)
    pipeline.settle(hours=1)
    assert {result.session_uuid for result in pipeline.results.values()} == {"B"}
    pipeline.feed(late)
    pipeline.settle(hours=1)
    (result,) = pipeline.results.values()
    assert (result.session_uuid, result.attended_seconds) == ("A", 55 * 60)
    taken_back = [fact for fact in pipeline.facts if isinstance(fact, Result) and fact.retracted]
    assert [(result.session_uuid, result.revision) for result in taken_back] == [("B", 2)]
    assert [summary.retracted for summary in pipeline.session_states["B"]][-1]


def test_who_was_in_an_earlier_session_after_all_is_no_no_show_of_the_later_one() -> None:
    """A webinar is held again under its old id; that she was in the first one is heard when the second is over."""
    example = Example()
    lines = ["webinar 10:00 60 min", "registered ana", "registered bo", "run A 10:00-11:00", "ana in A 10:00-11:00"]
    again = ["told at 12:00: +1d 10:00", "run B +1d 10:00-11:00", "bo in B +1d 10:00-11:00"]
    for line in (*lines, *again):
        example.read(line)
    late = [body for body in example.bodies if b'"ana pc"' in body]
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), example.zoom())
    pipeline.now_ms = seconds("+1d 11:01") * 1_000
    pipeline.feed(body for body in example.bodies if body not in late)
    pipeline.settle(hours=1)
    statuses = {key: result.attendance_status for key, result in pipeline.results.items()}
    assert statuses["B", contact_id(address("ana"))] == "no_show"
    pipeline.feed(late)
    pipeline.settle(hours=1)
    statuses = {key: result.attendance_status for key, result in pipeline.results.items()}
    assert statuses["A", contact_id(address("ana"))] == "attended"
    assert ("B", contact_id(address("ana"))) not in statuses


def test_result_under_an_address_that_was_somebody_elses_is_taken_back() -> None:
    """She showed a private address; that her registration has another one is heard only when she was told of."""
    example = Example()
    lines = "webinar 10:00 60 min\nrun A 10:00-11:00\nregistered ana\nprivate in A 10:00-11:00 (registrant_id Rana)"
    for line in lines.splitlines():
        example.read(line)
    (registration,) = [body for body in example.bodies if b"registration_created" in body]
    example.registrants.clear()  # Zoom's own list does not know her yet
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), example.zoom())
    pipeline.now_ms = seconds("11:01") * 1_000
    pipeline.feed(body for body in example.bodies if body != registration)
    pipeline.settle(hours=1)
    assert [result.email for result in pipeline.results.values()] == [address("private")]
    pipeline.feed([registration])
    pipeline.settle(hours=1)
    (result,) = pipeline.results.values()
    assert (result.email, result.attendance_status) == (address("ana"), "attended")
