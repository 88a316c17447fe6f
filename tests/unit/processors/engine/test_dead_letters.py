"""What a dead letter says, and when too many of them stop the worker."""

from __future__ import annotations

import re

import orjson
import pytest

from processors.engine.breaker import CircuitBreaker
from processors.engine.dead_letters import Fault, Graveyard, cut_headers, dead_letter_headers, fault_of, sent_again
from processors.engine.view import Record
from schemas.cloud_events import Headers
from schemas.errors import DeadLetterError
from schemas.instants import parse_instant
from schemas.letters import letter_id


def record(headers: Headers = ()) -> Record:
    """A record with the origin's headers."""
    return Record("zoom.events.raw.v1", 3, 42, 1_786_543_411_234, b"key", b"value", headers)


AT_MS = 1_786_543_500_000


def fault(error: BaseException, at_ms: int = AT_MS) -> Fault:
    """As the agent `track-attendance` sees it."""
    return fault_of(error, stage="track-attendance", at_ms=at_ms, version="1.2.3")


def headers(origin: Record, error: BaseException, at_ms: int = AT_MS) -> dict[str, bytes]:
    """Of its dead letter."""
    return dict(dead_letter_headers(origin, fault(error, at_ms)))


def test_dead_letter_headers_say_why_where_and_how_often() -> None:
    """Beside the origin's own, which stay."""
    assert headers(record((("ce_id", b"7"),)), DeadLetterError("object.uuid is missing")) == {
        "ce_id": b"7",
        "rollcall-letter-id": letter_id("zoom.events.raw.v1", b"key", b"value").encode(),
        "rollcall-label": b"unreadable",
        "rollcall-reason": b"object.uuid is missing",
        "rollcall-stage": b"track-attendance",
        "rollcall-source": b"zoom.events.raw.v1/3/42",
        "rollcall-record-time-ms": b"1786543411234",
        "rollcall-first-at": b"2026-08-12T14:05:00.000Z",
        "rollcall-last-at": b"2026-08-12T14:05:00.000Z",
        "rollcall-version": b"1.2.3",
        "rollcall-attempts": b"1",
    }


def test_dead_letter_replayed_counts_its_attempts_and_repeats_no_header() -> None:
    """A replay keeps the headers; ours are replaced, the count goes on."""
    origin = record()
    for attempt in (1, 2, 3):
        letter = dead_letter_headers(origin, fault(ValueError("x"), AT_MS + 60_000 * attempt))
        assert dict(letter)["rollcall-attempts"] == str(attempt).encode()
        assert dict(letter)["rollcall-first-at"] == b"2026-08-12T14:06:00.000Z"
        assert dict(letter)["rollcall-last-at"] == f"2026-08-12T14:0{5 + attempt}:00.000Z".encode()
        assert len(letter) == len(dict(letter))
        origin = record(tuple(letter))


def test_dead_letter_attempts_that_are_no_number_count_as_none() -> None:
    """Whoever replays may have damaged the header."""
    assert headers(record((("rollcall-attempts", b"often"),)), ValueError())["rollcall-attempts"] == b"1"


def test_same_record_is_stored_once_then_counted() -> None:
    """Whoever sends it again and again fills no topic; another record is another letter."""
    graveyard = Graveyard()
    assert graveyard.repeat_of(record(), fault(ValueError())) is None
    repeat = graveyard.repeat_of(record(), fault(ValueError(), AT_MS + 1_000))
    assert repeat is not None
    assert (repeat.attempts, repeat.label, repeat.source) == (2, "defect", "zoom.events.raw.v1/3/42")
    assert (repeat.last_at - repeat.first_at).total_seconds() == 1
    assert graveyard.repeat_of(record()._replace(value=b"other"), fault(ValueError())) is None


def test_memory_of_letters_is_bounded() -> None:
    """The oldest is forgotten, and stored once more when it comes again."""
    graveyard = Graveyard(size=2)
    first, second, third = (record()._replace(value=value) for value in (b"1", b"2", b"3"))
    for letter in (first, second, third):
        assert graveyard.repeat_of(letter, fault(ValueError())) is None
    assert graveyard.repeat_of(first, fault(ValueError())) is None
    assert graveyard.repeat_of(third, fault(ValueError())) is not None


def test_letter_that_was_sent_again_and_fails_again_is_counted_by_any_worker() -> None:
    """It has the id of its letter as a header; one that names the id of something else is stored."""
    again = record(tuple(dead_letter_headers(record(), fault(ValueError()))))
    for repeat in (Graveyard().repeat_of(again, fault(ValueError())), sent_again(again, fault(ValueError()))):
        assert repeat is not None
        assert repeat.attempts == 2
    forged = again._replace(value=b"another")
    assert sent_again(forged, fault(ValueError())) is None
    assert Graveyard().repeat_of(forged, fault(ValueError())) is None


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (ValueError(), b"defect", b"ValueError"),
        (ValueError("invalid literal: 'Maya Okafor'"), b"defect", b"ValueError"),
        (DeadLetterError("first\nsecond"), b"unreadable", b"first"),
        (DeadLetterError("\nsecond"), b"unreadable", b"DeadLetterError"),
        (DeadLetterError("é" * 1_000, label="too_large"), b"too_large", "é".encode() * 300),
    ],
)
def test_dead_letter_reason_is_one_short_line(error: BaseException, kind: bytes, reason: bytes) -> None:
    """The first line, at most 300 characters; the kind when there is none."""
    found = headers(record(), error)
    assert (found["rollcall-label"], found["rollcall-reason"]) == (kind, reason)


def test_record_that_no_parser_reads_is_unreadable_and_no_defect_of_ours() -> None:
    """Broken JSON on a topic is whoever's wrote it."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (of the parser)
        orjson.loads(b"{")
    assert headers(record(), caught.value)["rollcall-label"] == b"unreadable"


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


def test_breaker_of_a_rebuild_never_opens() -> None:
    """Nothing depends yet on what it computes: what a worker went past, on a person's word, does not stop it."""
    breaker = CircuitBreaker.that_never_opens()
    for _letter in range(3_000):
        breaker.dead()
    assert breaker.copy().open_because() is None


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
    cut = dict(cut_headers(origin, dead_letter_headers(origin, fault(ValueError()))))
    assert cut["rollcall-source"] == b"zoom.events.raw.v1/3/42"
    assert cut["rollcall-cut-bytes"] == b"8"
    assert "ce_id" not in cut
    assert "rollcall-note" not in cut
