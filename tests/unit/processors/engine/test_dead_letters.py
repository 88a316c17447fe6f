"""What a dead letter says, and when too many of them stop the worker."""

from __future__ import annotations

import re

import pytest

from processors.engine.dead_letters import CircuitBreaker, cut_headers, dead_letter_headers
from processors.engine.view import Record
from schemas.cloud_events import Headers
from schemas.errors import DeadLetterError
from schemas.instants import parse_instant


def record(headers: Headers = ()) -> Record:
    """A record with the origin's headers."""
    return Record("zoom.events.raw.v1", 3, 42, 1_786_543_411_234, b"key", b"value", headers)


def headers(origin: Record, error: BaseException) -> dict[str, bytes]:
    """Of its dead letter."""
    return dict(dead_letter_headers(origin, agent="track-attendance", error=error, version="1.2.3"))


def test_dead_letter_headers_say_why_where_and_how_often() -> None:
    """Beside the origin's own, which stay."""
    assert headers(record((("ce_id", b"7"),)), DeadLetterError("object.uuid is missing")) == {
        "ce_id": b"7",
        "rollcall-error": b"DeadLetterError",
        "rollcall-reason": b"object.uuid is missing",
        "rollcall-agent": b"track-attendance",
        "rollcall-source": b"zoom.events.raw.v1/3/42",
        "rollcall-record-time-ms": b"1786543411234",
        "rollcall-version": b"1.2.3",
        "rollcall-attempts": b"1",
    }


def test_dead_letter_replayed_counts_its_attempts_and_repeats_no_header() -> None:
    """A replay keeps the headers; ours are replaced, the count goes on."""
    origin = record()
    for attempt in (b"1", b"2", b"3"):
        letter = dead_letter_headers(origin, agent="a", error=ValueError("x"), version="1")
        assert dict(letter)["rollcall-attempts"] == attempt
        assert len(letter) == len(dict(letter))
        origin = record(tuple(letter))


def test_dead_letter_attempts_that_are_no_number_count_as_none() -> None:
    """Whoever replays may have damaged the header."""
    assert headers(record((("rollcall-attempts", b"often"),)), ValueError())["rollcall-attempts"] == b"1"


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (ValueError(), b"ValueError", b"ValueError"),
        (ValueError("invalid literal: 'Maya Okafor'"), b"ValueError", b"ValueError"),
        (DeadLetterError("first\nsecond"), b"DeadLetterError", b"first"),
        (DeadLetterError("\nsecond"), b"DeadLetterError", b"DeadLetterError"),
        (DeadLetterError("é" * 1_000), b"DeadLetterError", "é".encode() * 300),
    ],
)
def test_dead_letter_reason_is_one_short_line(error: BaseException, kind: bytes, reason: bytes) -> None:
    """The first line, at most 300 characters; the kind when there is none."""
    found = headers(record(), error)
    assert (found["rollcall-error"], found["rollcall-reason"]) == (kind, reason)


def test_dead_letter_reason_of_an_unforeseen_error_is_where_it_came_from() -> None:
    """Python's texts quote the value; the line of ours tells a developer more, and nothing of a person."""
    with pytest.raises(ValueError, match="Maya") as caught:
        parse_instant("Maya Okafor, maya.okafor@example.com")
    reason = headers(record(), caught.value)["rollcall-reason"].decode()
    assert re.fullmatch(r"ValueError at schemas\.instants:\d+", reason)


def test_breaker_dead_letters_in_a_row_stop_the_worker() -> None:
    """One handled record between them begins a new row."""
    breaker = CircuitBreaker(in_a_row=3)
    for _row in range(2):
        for _letter in range(2):
            breaker.dead()
        assert breaker.open_because() is None
        breaker.handled(1)
    for _letter in range(3):
        breaker.dead()
    assert "3 dead letters in a row" in (breaker.open_because() or "")


def test_breaker_share_of_the_window_stops_the_worker_once_the_window_is_full() -> None:
    """Half of the last ten, never more than two in a row; a worker that has just started is given time."""
    breaker = CircuitBreaker(in_a_row=5, share=0.5, window=10)
    for _pair in range(4):
        breaker.handled(1)
        breaker.dead()
        assert breaker.open_because() is None
    breaker.handled(1)
    assert breaker.open_because() is None
    breaker.dead()
    assert "5 dead letters among the last 10" in (breaker.open_because() or "")


def test_breaker_window_forgets_what_is_long_ago() -> None:
    """Letters leave the window as handled records enter it, one by one or in large batches."""
    breaker = CircuitBreaker(in_a_row=100, share=0.5, window=10)
    breaker.handled(10_000)
    for _letter in range(4):
        breaker.dead()
    assert breaker.open_because() is None
    breaker.handled(6)
    breaker.dead()
    assert breaker.open_because() is None
    breaker.handled(10_000)
    for _letter in range(4):
        breaker.dead()
        assert breaker.open_because() is None


def test_breaker_copy_knows_what_was_and_not_what_comes() -> None:
    """A turn that is done again counts once."""
    breaker = CircuitBreaker(in_a_row=3)
    breaker.dead()
    again = breaker.copy()
    for _letter in range(2):
        again.dead()
    assert (again.open_because() is None, breaker.open_because()) == (False, None)


@pytest.mark.parametrize("count", [b"", b"9" * 5_000, "\u0663".encode(), b"-1", b"1.5"])
def test_dead_letter_attempts_that_nobody_counted_are_not_believed(count: bytes) -> None:
    """A null value arrives as an empty one; five thousand digits would raise."""
    assert headers(record((("rollcall-attempts", count),)), ValueError())["rollcall-attempts"] == b"1"


def test_dead_letter_cut_keeps_the_coordinates_and_says_what_is_missing() -> None:
    """Of huge headers only ours are left."""
    origin = record((("ce_id", b"x" * 3_000_000), ("rollcall-note", b"y" * 2_000)))
    cut = dict(cut_headers(origin, dead_letter_headers(origin, agent="a", error=ValueError(), version="1")))
    assert cut["rollcall-source"] == b"zoom.events.raw.v1/3/42"
    assert cut["rollcall-cut-bytes"] == b"8"
    assert "ce_id" not in cut
    assert "rollcall-note" not in cut
