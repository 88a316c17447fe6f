"""Which question is next."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from processors.zoom.questions.due_queue import Agenda, Batch
from processors.zoom.questions.pending import Lane, Pending
from schemas.lookups import LookupRequest


def pending(request_id: str, *, lane: Lane = "live", **fields: Any) -> Pending:
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
    return Pending(lane, request)


def take(agenda: Agenda, now: float = 0.0) -> list[Batch]:
    """What begins now."""
    return list(agenda.take(now))


def ids(batches: list[Batch]) -> list[list[str]]:
    """The request ids of batches."""
    return [list(batch.waiting) for batch in batches]


def test_take_requests_of_one_question_come_together() -> None:
    """One call to Zoom answers all that ask the same; what differs is another question."""
    agenda = Agenda(concurrency=9)
    agenda.add(0, pending("a"))
    agenda.add(0, pending("b", occurrence_id="7"))
    agenda.add(0, pending("c", session_uuid="irrelevant to a list of registrants"))
    agenda.add(0, pending("d", lookup="session"))
    assert ids(take(agenda)) == [["a", "c"], ["b"], ["d"]]
    assert take(agenda) == []


def test_take_identities_of_an_account_are_one_question() -> None:
    """The list of users answers for every session."""
    agenda = Agenda(concurrency=9)
    agenda.add(0, pending("a", lookup="identities", object_id="1"))
    agenda.add(0, pending("b", lookup="identities", object_id="2"))
    agenda.add(0, pending("c", lookup="identities", account_id="other"))
    assert ids(take(agenda)) == [["a", "b"], ["c"]]


def test_take_reports_are_one_question_per_instance() -> None:
    """Readings of one instance that wait together are one call, however they are numbered."""
    agenda = Agenda(concurrency=9)
    agenda.add(0, pending("a", lookup="report", session_uuid="u"))
    agenda.add(0, pending("b", lookup="report", session_uuid="v"))
    agenda.add(0, pending("c", lookup="report", session_uuid="u", occurrence_id="irrelevant to an instance"))
    agenda.add(0, pending("d", lookup="absentees", session_uuid="u"))
    assert ids(take(agenda)) == [["a", "c"], ["b"], ["d"]]


def test_take_past_sessions_are_one_question_per_uuid() -> None:
    """Instances of one id are told apart."""
    agenda = Agenda(concurrency=9)
    agenda.add(0, pending("a", lookup="past_session", session_uuid="u1"))
    agenda.add(0, pending("b", lookup="past_session", session_uuid="u2"))
    assert ids(take(agenda)) == [["a"], ["b"]]


def test_take_live_before_bulk_and_no_more_than_allowed_per_account() -> None:
    """A back-fill never stands before what happens now, and one account never holds up another."""
    agenda = Agenda(concurrency=1)
    agenda.add(0, pending("bulk", lane="bulk", object_id="1"))
    agenda.add(0, pending("live", object_id="2"))
    agenda.add(0, pending("other", account_id="other"))
    first = take(agenda)
    assert ids(first) == [["live"], ["other"]]
    assert take(agenda) == []
    agenda.finish(first[0])
    assert ids(take(agenda)) == [["bulk"]]


def test_add_a_live_request_to_a_bulk_question_lifts_it() -> None:
    """Somebody needs the answer now."""
    agenda = Agenda(concurrency=1)
    agenda.add(0, pending("bulk 1", lane="bulk", object_id="1"))
    agenda.add(0, pending("bulk 2", lane="bulk", object_id="2"))
    agenda.add(0, pending("live 2", object_id="2"))
    assert ids(take(agenda)) == [["bulk 2", "live 2"]]


def test_add_more_to_a_question_keeps_its_place() -> None:
    """A question that is asked again and again is not put off for ever."""
    agenda = Agenda(concurrency=1)
    agenda.add(0, pending("a", object_id="1"))
    agenda.add(0, pending("b", object_id="2"))
    agenda.add(0, pending("c", object_id="1"))
    assert ids(take(agenda)) == [["a", "c"]]


def test_finish_requests_that_came_meanwhile_are_next() -> None:
    """They are not answered with what was read before they asked."""
    agenda = Agenda(concurrency=9)
    agenda.add(0, pending("a"))
    (batch,) = take(agenda)
    agenda.add(0, pending("b"))
    assert take(agenda) == []
    agenda.finish(batch)
    assert ids(take(agenda)) == [["b"]]
    assert len(agenda) == 1


def test_retry_comes_back_when_due_with_its_failures_counted() -> None:
    """Others go on meanwhile."""
    agenda = Agenda(concurrency=9)
    agenda.add(0, pending("a"))
    (batch,) = take(agenda)
    agenda.retry(batch, 10.0)
    agenda.add(0, pending("b", object_id="2"))
    agenda.add(0, pending("c"))
    assert agenda.next_due() == 10.0
    assert ids(take(agenda, 9.0)) == [["b"]]
    (again,) = take(agenda, 10.0)
    assert (list(again.waiting), again.failures) == (["a", "c"], 1)
    assert agenda.next_due() is None


def test_drop_forgets_a_partition_also_what_is_under_way_or_delayed() -> None:
    """Nothing new is started for a partition that is no longer ours."""
    agenda = Agenda(concurrency=9)
    for n, partition in enumerate([0, 0, 0, 1]):
        agenda.add(partition, pending(f"r{n}", object_id=str(n)))
    under_way, delayed = take(agenda)[:2]
    agenda.retry(delayed, 5.0)
    agenda.drop(0)
    agenda.retry(under_way, 5.0)
    assert agenda.next_due() is None
    assert take(agenda, 9.0) == []
    assert len(agenda) == 1


def test_remove_then_add_while_under_way_is_asked_anew() -> None:
    """A row that was settled and written again is a new request."""
    agenda = Agenda(concurrency=9)
    agenda.add(0, pending("a"))
    (batch,) = take(agenda)
    agenda.remove("a")
    agenda.add(0, pending("a"))
    agenda.finish(batch)
    assert ids(take(agenda)) == [["a"]]


def test_remove_before_its_turn_leaves_nothing() -> None:
    """Another worker settled it, or it never was."""
    agenda = Agenda(concurrency=9)
    agenda.add(0, pending("a"))
    agenda.remove("a")
    agenda.remove("never there")
    assert take(agenda) == []
    assert len(agenda) == 0
