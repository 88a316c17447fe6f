"""What arrives while a session waits: for its time, for an answer of Zoom, or for a better word on its end."""

from __future__ import annotations

import orjson

from sandbox.zoom.state import ZoomState
from tests.support.tracking import Pipeline, configuration
from tests.support.worked_examples import Example, address, seconds

SESSIONS: dict[str, object] = {"settle": "2s", "report_checks": ["3s", "6s", "9s"], "abandon_after": "15s"}
SECOND, HOUR = 1 / 3_600, 1.0


def told_by(lines: str, zoom_type: int = 2) -> Example:
    """Facts in the words of the worked examples."""
    example = Example(zoom_type=zoom_type)
    for line in lines.splitlines():
        example.read(line)
    return example


def pipeline_at(zoom: ZoomState, at: str, **sessions: object) -> Pipeline:
    """Before anything has arrived."""
    pipeline = Pipeline(configuration(sessions=SESSIONS | sessions), zoom)
    pipeline.now_ms = seconds(at) * 1_000
    return pipeline


def events_of(pipeline: Pipeline) -> list[tuple[str, str, object]]:
    """(who, name, status) of every event told of a session."""
    return [
        (event.email.partition("@")[0], event.name, event.properties["status"])
        for event in pipeline.events
        if "status" in event.properties
    ]


def of(bodies: list[bytes], *words: bytes) -> list[bytes]:
    """Those that name all of these."""
    return [body for body in bodies if all(word in body for word in words)]


def test_report_that_is_due_at_once_brings_no_result_forward() -> None:
    """Of a meeting that ended days ago the report is read at once; its webhooks still have `settle` to arrive."""
    example = told_by("meeting\nrun A 10:00-10:15\nana in A 10:00-10:05")
    last = of(example.bodies, b"participant_left")
    pipeline = pipeline_at(example.zoom(), "+4d 12:00")
    pipeline.feed(body for body in example.bodies if body not in last)
    pipeline.settle(hours=SECOND)
    pipeline.feed(last)
    pipeline.settle(hours=HOUR)
    assert events_of(pipeline) == [("ana", "zoom_meeting_attended", "left_early")]


def test_report_check_of_one_meeting_brings_no_other_result_forward() -> None:
    """Two meetings in one personal room: each has its own time, whenever the other's report is due."""
    example = told_by("meeting\nrun A 10:00-10:01\nrun B 10:02-11:02\nana in B 10:02-10:07", zoom_type=4)
    last, first = of(example.bodies, b"participant_left"), of(example.bodies, b'"A"')
    pipeline = pipeline_at(example.zoom(), "11:02:01")
    pipeline.feed(first)
    pipeline.settle(hours=2.5 * SECOND)
    pipeline.feed(body for body in example.bodies if body not in (*first, *last))
    pipeline.settle(hours=SECOND)
    pipeline.feed(last)
    pipeline.settle(hours=HOUR)
    assert events_of(pipeline) == [("ana", "zoom_meeting_attended", "left_early")]


def test_news_of_a_first_run_bring_those_of_the_second_not_forward() -> None:
    """The host came back: what was known of the first run for long does not publish the last word early."""
    runs = "meeting\nrun A 10:00-10:30\nana in A 10:00-10:30\nrun B 10:35-11:30"
    example = told_by(f"{runs}\nana in B 10:35-10:50", zoom_type=8)
    last, ended = of(example.bodies, b"participant_left", b'"B"'), of(example.bodies, b".ended", b'"B"')
    pipeline = pipeline_at(example.zoom(), "11:30:01")
    pipeline.feed(body for body in example.bodies if body not in (*last, *ended))
    pipeline.settle(hours=5 * SECOND)
    pipeline.feed(ended)
    pipeline.settle(hours=SECOND)
    pipeline.feed(last)
    pipeline.settle(hours=HOUR)
    assert events_of(pipeline) == [("ana", "zoom_meeting_attended", "left_early")]


def test_date_that_is_heard_of_while_a_test_of_the_day_before_is_computed_is_waited_for() -> None:
    """Zoom answers late: when the work began, nobody knew that the webinar is tomorrow."""
    example = told_by("webinar +1d 10:00 60 min\nrun A 10:00-10:10\nana in A 10:00-10:10")
    pipeline = pipeline_at(example.zoom(), "10:11", report_checks=[])
    pipeline.held_back = frozenset({"session"})
    pipeline.feed(example.bodies)
    pipeline.settle(hours=HOUR)
    pipeline.let_through("session")
    pipeline.settle(hours=22 * HOUR)
    assert not pipeline.results
    pipeline.settle(hours=HOUR)
    (result,) = pipeline.results.values()
    assert int(result.judged_at.timestamp()) == seconds("+1d 10:00")


def test_run_whose_events_name_no_start_began_with_the_first_join() -> None:
    """And registrants are read for its own date, when that is known."""
    example = told_by("series 10:00 60 min: one, two +7d\nrun A 10:00-11:00\nana in A 10:05-11:00\nbo in A 10:10-11:00")
    pipeline = pipeline_at(example.zoom(), "11:01", report_checks=[])
    pipeline.feed(_without_start(body) for body in example.bodies)
    pipeline.settle(hours=HOUR)
    (summary,) = pipeline.summaries.values()
    assert summary.started_at is not None
    assert int(summary.started_at.timestamp()) == seconds("10:05")
    read_for = [request.occurrence_id for request in pipeline.asked if request.lookup == "registrants"]
    assert read_for[-1] == "one"


def _without_start(body: bytes) -> bytes:
    event = orjson.loads(body)
    event["payload"]["object"].pop("start_time", None)
    return orjson.dumps(event)


def test_assumed_end_gives_way_to_the_report() -> None:
    """Zoom had no word on the end and an empty report when the run was given up; the report that settles has both."""
    webhooks = "webinar 10:00 30 min\nrun A 10:00-10:30\nana in A 10:00-10:20"
    example = told_by(f"{webhooks}\nreport A: ana 10:00-10:20, bo 10:00-10:30")
    (session,) = example.zoom().sessions
    (run,) = session.instances
    empty_at_first = session.model_copy(update={"instances": (run.model_copy(update={"earlier_readings": ((), ())}),)})
    pipeline = pipeline_at(ZoomState(sessions=(empty_at_first,)), "10:31")
    pipeline.refused = frozenset({"past_session"})
    pipeline.feed(body for body in example.bodies if b".ended" not in body)
    pipeline.settle(hours=20 * SECOND)
    assumed = {result.email: result for result in pipeline.results.values()}
    assert int(assumed[address("ana")].ended_at.timestamp()) == seconds("10:20")
    pipeline.settle(hours=HOUR)
    results = {
        result.email: (result.attendance_status, result.attended_seconds) for result in pipeline.results.values()
    }
    assert results == {address("ana"): ("left_early", 1_200), address("bo"): ("attended", 1_800)}
    (summary,) = pipeline.summaries.values()
    assert summary.ended_at is not None
    assert (int(summary.ended_at.timestamp()), summary.end_assumed) == (seconds("10:30"), False)


def test_who_stayed_in_the_waiting_room_is_no_end() -> None:
    """Zoom had no word on the end: of its report only those count who were let in."""
    rows = "report A: ana 10:00-10:20, ana 10:00-10:10 of ana phone, bo 10:00-10:30 waiting"
    example = told_by(f"meeting\nrun A 10:00-10:30\nana in A 10:00-10:20\n{rows}")
    pipeline = pipeline_at(example.zoom(), "10:31", report_checks=[])
    pipeline.refused = frozenset({"past_session"})
    pipeline.feed(body for body in example.bodies if b".ended" not in body)
    pipeline.settle(hours=HOUR)
    (result,) = pipeline.results.values()
    assert int(result.ended_at.timestamp()) == seconds("10:20")


def test_own_user_who_arrives_while_identities_are_awaited_is_asked_about() -> None:
    """They are a user of the account, which nobody knew when the question went out."""
    example = told_by("meeting\nrun A 10:00-11:00\nana in A 10:00-11:00\ngil in A 10:00-11:00", zoom_type=8)
    late = of(example.bodies, address("gil").encode())
    own = {"id": "user gil", "email": address("gil"), "type": 2}
    pipeline = pipeline_at(example.zoom().model_copy(update={"users": (own,)}), "11:00:01")
    pipeline.held_back = frozenset({"identities"})
    pipeline.feed(body for body in example.bodies if body not in late)
    pipeline.settle(hours=2.5 * SECOND)
    pipeline.feed(late)
    pipeline.let_through("identities")
    pipeline.settle(hours=HOUR)
    assert events_of(pipeline) == [("ana", "zoom_meeting_attended", "attended")]
    assert {fact.email for fact in pipeline.facts} == {address("ana")}


def test_guest_who_arrives_while_identities_are_awaited_has_a_result() -> None:
    """Nothing that comes later has to bring them back: no report is read."""
    example = told_by("meeting\nrun A 10:00-11:00\nana in A 10:00-11:00\ngil in A 10:00-10:20", zoom_type=8)
    late = of(example.bodies, address("gil").encode())
    pipeline = pipeline_at(example.zoom(), "11:00:01", report_checks=[])
    pipeline.held_back = frozenset({"identities"})
    pipeline.feed(body for body in example.bodies if body not in late)
    pipeline.settle(hours=2.5 * SECOND)
    pipeline.feed(late)
    pipeline.let_through("identities")
    pipeline.settle(hours=HOUR)
    assert {result.email: result.attendance_status for result in pipeline.results.values()} == {
        address("ana"): "attended",
        address("gil"): "left_early",
    }


def test_registrant_who_arrives_while_identities_are_awaited_is_told_under_the_registered_address() -> None:
    """Zoom's list has the registration; the private address that the connection shows is nobody's business."""
    example = told_by("meeting\nregistered kim by list\nrun A 10:00-11:00\nana in A 10:00-11:00", zoom_type=8)
    kim = {"participant_uuid": "kim", "user_id": "7", "registrant_id": "Rkim", "email": "kim@home.example"}
    for name, at in (("join", "10:00"), ("leave", "11:00")):
        times = {f"{name}_time": f"2026-08-19T{at}:00Z"}
        event = "participant_joined" if name == "join" else "participant_left"
        example.say(event, seconds(at), uuid="A", participant={**kim, **times})
    late = of(example.bodies, b"kim@home.example")
    pipeline = pipeline_at(example.zoom(), "11:00:01")
    pipeline.held_back = frozenset({"identities"})
    pipeline.feed(body for body in example.bodies if body not in late)
    pipeline.settle(hours=2.5 * SECOND)
    pipeline.feed(late)
    pipeline.let_through("identities")
    pipeline.settle(hours=HOUR)
    assert {fact.email for fact in pipeline.facts} == {address("ana"), address("kim")}
