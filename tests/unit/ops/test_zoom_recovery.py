"""What Zoom's webhook log says was never delivered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.zoom.recovery import Findings, find_lost, logged_ms
from tests.support.ingress import ACCOUNT, as_zoom_writes, example

NOW = 1_786_543_200.0


def attempt(request_id: str, event: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A row of the log about an event, a meeting's start unless told otherwise."""
    body = as_zoom_writes(event or example("meeting.started__plain")).decode()
    return {"request_id": request_id, "request_body": body, "date_time": "2026-08-12T14:00:38Z", **fields}


def find(failed: list[dict[str, Any]], delivered: list[dict[str, Any]] | None = None) -> Findings:
    """Compare, for one account."""
    return find_lost(failed, delivered or [], account_id=ACCOUNT, accounts=[ACCOUNT], now=NOW)


def test_attempts_of_one_event_are_one_and_one_that_arrived_is_not_lost() -> None:
    """Zoom's request id is the same for all of them."""
    found = find([attempt("a"), attempt("a", retry_num=1), attempt("b")], [attempt("b", status=200)])
    assert (found.failed, found.arrived_later, len(found.lost)) == (2, 1, 1)


def test_attempts_without_a_request_id_are_told_apart_by_their_body() -> None:
    """Older rows of the log have none."""
    other = example("meeting.ended__plain")
    assert len(find([attempt(""), attempt(""), attempt("", other)]).lost) == 2


@pytest.mark.parametrize("body", ["N/A", "", '{"event":"x.y","payload":{"obj', "[]", "null", '{"event": 5}'])
def test_body_that_is_no_event_is_counted_and_not_published(body: str) -> None:
    """The log may have cut it."""
    found = find([attempt("a", request_body=body)])
    assert (found.unreadable, found.lost) == (1, [])


def test_challenges_and_other_accounts_are_counted_and_not_published() -> None:
    """They are no events of ours."""
    stranger = example("meeting.started__plain")
    stranger["payload"]["account_id"] = "somebody else"
    found = find([attempt("a", example("endpoint.url_validation__plain")), attempt("b", stranger)])
    assert (found.challenges, found.other_accounts, found.lost) == (1, 1, [])


def test_lost_ones_are_in_order_of_what_happened() -> None:
    """By the event's own time, else by the log's."""
    late, early = example("meeting.ended__plain"), example("meeting.started__plain")
    found = find([attempt("late", late), attempt("early", early)])
    assert [lost.event for lost in found.lost] == ["meeting.started", "meeting.ended"]
    assert found.by_event == {"meeting.ended": 1, "meeting.started": 1}


def test_record_is_redacted_keyed_and_received_now() -> None:
    """As if it had just come to the ingress; retention counts from now."""
    (lost,) = find([attempt("req_1", example("recording.completed__plain"))]).lost
    value = json.loads(lost.record.value)
    assert "download_token" not in value
    assert lost.record.key.decode() == str(value["payload"]["object"]["id"])
    assert dict(lost.record.headers)["zoom-request-id"] == b"req_1"
    assert lost.record.timestamp_ms == int(NOW * 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-09-09T08:11:38Z", 1_662_711_098_000),
        ("2022-09-09T08:11:38.387Z", 1_662_711_098_000),
        ("2022-09-09T08:11:387Z", 1_662_711_060_000),
        ("2022-13-09T08:11:38Z", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_logged_time_is_read_leniently(text: object, expected: int | None) -> None:
    """Zoom's own example has three digits of seconds."""
    assert logged_ms(text) == expected
