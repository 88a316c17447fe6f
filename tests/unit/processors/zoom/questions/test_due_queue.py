"""Which question is next."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from processors.zoom.questions.due_queue import DueQueue, QuestionUnderWay
from processors.zoom.questions.pending import Pending
from schemas.lookups import LookupRequest
from schemas.priority import Priority


def pending(request_id: str, *, priority: Priority = "live", **fields: Any) -> Pending:
    """A waiting request about one webinar's registrants unless told otherwise."""
    request = LookupRequest.model_validate(
        {
            "request_id": request_id,
            "lookup": "registrants",
            "account_id": "acc",
            "object_id": "1",
            "object_type": "webinar",
            "requested_at": datetime(2026, 8, 12, tzinfo=UTC),
            **fields,
        }
    )
    return Pending(priority, request)


def take(queue: DueQueue, now: float = 0.0) -> list[QuestionUnderWay]:
    """What begins now."""
    return list(queue.take(now))


def ids(batches: list[QuestionUnderWay]) -> list[list[str]]:
    """The request ids of batches."""
    return [list(asked.waiting) for asked in batches]


def test_take_requests_of_one_question_come_together() -> None:
    """One call to Zoom answers all that ask the same; what differs is another question."""
    queue = DueQueue(concurrency=9)
    queue.add(0, pending("a"))
    queue.add(0, pending("b", occurrence_id="7"))
    queue.add(0, pending("c", session_uuid="irrelevant to a list of registrants"))
    queue.add(0, pending("d", lookup="session"))
    assert ids(take(queue)) == [["a", "c"], ["b"], ["d"]]
    assert take(queue) == []


def test_take_identities_of_an_account_are_one_question() -> None:
    """The list of users answers for every session."""
    queue = DueQueue(concurrency=9)
    queue.add(0, pending("a", lookup="identities", object_id="1"))
    queue.add(0, pending("b", lookup="identities", object_id="2"))
    queue.add(0, pending("c", lookup="identities", account_id="other"))
    assert ids(take(queue)) == [["a", "b"], ["c"]]


def test_take_reports_are_one_question_per_instance() -> None:
    """Readings of one instance that wait together are one call, however they are numbered."""
    queue = DueQueue(concurrency=9)
    queue.add(0, pending("a", lookup="report", session_uuid="u"))
    queue.add(0, pending("b", lookup="report", session_uuid="v"))
    queue.add(0, pending("c", lookup="report", session_uuid="u", occurrence_id="irrelevant to an instance"))
    queue.add(0, pending("d", lookup="absentees", session_uuid="u"))
    assert ids(take(queue)) == [["a", "c"], ["b"], ["d"]]


def test_take_past_sessions_are_one_question_per_uuid() -> None:
    """Instances of one id are told apart."""
    queue = DueQueue(concurrency=9)
    queue.add(0, pending("a", lookup="past_session", session_uuid="u1"))
    queue.add(0, pending("b", lookup="past_session", session_uuid="u2"))
    assert ids(take(queue)) == [["a"], ["b"]]


def test_take_live_before_bulk_and_no_more_than_allowed_per_account() -> None:
    """A back-fill never stands before what happens now, and one account never holds up another."""
    queue = DueQueue(concurrency=1)
    queue.add(0, pending("bulk", priority="bulk", object_id="1"))
    queue.add(0, pending("live", object_id="2"))
    queue.add(0, pending("other", account_id="other"))
    first = take(queue)
    assert ids(first) == [["live"], ["other"]]
    assert take(queue) == []
    queue.finish(first[0])
    assert ids(take(queue)) == [["bulk"]]


def test_add_a_live_request_to_a_bulk_question_lifts_it() -> None:
    """Somebody needs the answer now."""
    queue = DueQueue(concurrency=1)
    queue.add(0, pending("bulk 1", priority="bulk", object_id="1"))
    queue.add(0, pending("bulk 2", priority="bulk", object_id="2"))
    queue.add(0, pending("live 2", object_id="2"))
    assert ids(take(queue)) == [["bulk 2", "live 2"]]


def test_add_more_to_a_question_keeps_its_place() -> None:
    """A question that is asked again and again is not put off for ever."""
    queue = DueQueue(concurrency=1)
    queue.add(0, pending("a", object_id="1"))
    queue.add(0, pending("b", object_id="2"))
    queue.add(0, pending("c", object_id="1"))
    assert ids(take(queue)) == [["a", "c"]]


def test_finish_requests_that_came_meanwhile_are_next() -> None:
    """They are not answered with what was read before they asked."""
    queue = DueQueue(concurrency=9)
    queue.add(0, pending("a"))
    (asked,) = take(queue)
    queue.add(0, pending("b"))
    assert take(queue) == []
    queue.finish(asked)
    assert ids(take(queue)) == [["b"]]
    assert len(queue) == 1


def test_retry_comes_back_when_due_with_its_failures_counted() -> None:
    """Others go on meanwhile."""
    queue = DueQueue(concurrency=9)
    queue.add(0, pending("a"))
    (asked,) = take(queue)
    queue.retry(asked, 10.0)
    queue.add(0, pending("b", object_id="2"))
    queue.add(0, pending("c"))
    assert queue.next_due() == 10.0
    assert ids(take(queue, 9.0)) == [["b"]]
    (again,) = take(queue, 10.0)
    assert (list(again.waiting), again.failures) == (["a", "c"], 1)
    assert queue.next_due() is None


def test_drop_forgets_a_partition_also_what_is_under_way_or_delayed() -> None:
    """Nothing new is started for a partition that is no longer ours."""
    queue = DueQueue(concurrency=9)
    for n, partition in enumerate([0, 0, 0, 1]):
        queue.add(partition, pending(f"r{n}", object_id=str(n)))
    under_way, delayed = take(queue)[:2]
    queue.retry(delayed, 5.0)
    queue.drop(0)
    queue.retry(under_way, 5.0)
    assert queue.next_due() is None
    assert take(queue, 9.0) == []
    assert len(queue) == 1


def test_remove_then_add_while_under_way_is_asked_anew() -> None:
    """A row that was settled and written again is a new request."""
    queue = DueQueue(concurrency=9)
    queue.add(0, pending("a"))
    (asked,) = take(queue)
    queue.remove("a")
    queue.add(0, pending("a"))
    queue.finish(asked)
    assert ids(take(queue)) == [["a"]]


def test_remove_before_its_turn_leaves_nothing() -> None:
    """Another worker settled it, or it never was."""
    queue = DueQueue(concurrency=9)
    queue.add(0, pending("a"))
    queue.remove("a")
    queue.remove("never there")
    assert take(queue) == []
    assert len(queue) == 0
