"""Which connection goes when there are too many, and which when it is slow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.connections import ConnectionLimits, Connections


def connections(total: int = 4, per_address: int = 3) -> Connections[str]:
    """Of few connections, named by letters."""
    return Connections(ConnectionLimits(total, per_address, header_seconds=10))


def test_opened_over_an_addresss_limit_its_own_oldest_that_waits_goes() -> None:
    """Others are not touched, and one at work neither."""
    many = connections(total=10)
    for name in "abc":
        assert many.opened(name, "1.1.1.1", 0) is None
    many.opened("x", "2.2.2.2", 0)
    many.begins("a")
    assert many.opened("d", "1.1.1.1", 1) == "b"
    many.waits("a")
    assert [many.opened(name, "1.1.1.1", 2) for name in "efg"] == ["a", "c", "d"]
    assert len(many) == 4


def test_opened_over_the_total_the_one_that_owes_its_headers_longest_goes_before_idle_ones() -> None:
    """An idle one has shown that it can send a request."""
    many = connections()
    for name in "abcd":
        many.opened(name, None, 0)
    many.begins("a")
    many.waits("a")
    assert [many.opened(name, None, 1) for name in "efg"] == ["b", "c", "d"]


def test_opened_where_all_are_at_work_is_refused_itself() -> None:
    """A delivery that is being answered is worth more than one that is not there yet."""
    many = connections(per_address=2)
    for name in "ab":
        many.opened(name, "1.1.1.1", 0)
        many.begins(name)
    assert many.opened("c", "1.1.1.1", 0) == "c"
    assert len(many) == 2
    many.closed("a")
    assert many.opened("c", "1.1.1.1", 0) is None


def test_late_is_who_owes_headers_for_too_long_and_nobody_else() -> None:
    """From the connection, or from the first byte of a later request; idle ones owe nothing."""
    many = connections()
    for name, at in (("a", 0.0), ("b", 1.0), ("c", 5.0)):
        many.opened(name, "1.1.1.1", at)
    many.begins("b")
    assert many.late(10.5) == ["a"]
    many.waits("b")
    assert many.late(100.0) == ["a", "c"]
    many.receives("b", 100.0)
    many.receives("b", 105.0)
    assert "b" not in many.late(109.0)
    assert many.late(110.0) == ["a", "c", "b"]


def test_waits_without_having_begun_it_owes_nothing_and_is_forgotten_when_closed() -> None:
    """Answered before its headers were complete: it waits for the next request, and leaves nothing behind."""
    many = connections()
    many.opened("a", "1.1.1.1", 0)
    many.waits("a")
    assert many.late(100.0) == []
    many.closed("a")
    many.receives("a", 100.0)
    assert many.late(200.0) == []


@given(st.lists(st.tuples(st.sampled_from(["opened", "receives", "begins", "waits", "closed"]), st.integers(0, 9))))
def test_limits_hold_whatever_happens(steps: list[tuple[str, int]]) -> None:
    """In any order of events: no more than allowed, and nothing is left when all are closed."""
    many: Connections[int] = Connections(ConnectionLimits(total=5, per_address=2))
    is_open: dict[int, str] = {}
    for now, (what, number) in enumerate(steps):
        match what:
            case "opened" if number not in is_open:
                victim = many.opened(number, address := f"1.1.1.{number % 3}", now)
                is_open |= {number: address}
                if victim is not None:
                    del is_open[victim]
            case "receives":
                many.receives(number, now)
            case "begins" | "waits" if number in is_open:
                getattr(many, what)(number)
            case "closed":
                many.closed(number)
                is_open.pop(number, None)
        assert len(many) == len(is_open) <= 5
        assert all(list(is_open.values()).count(address) <= 2 for address in is_open.values())
    for number in list(is_open):
        many.closed(number)
    assert len(many) == 0
    assert many.late(1e9) == []


@pytest.mark.parametrize("number", [0, 1, 100])
def test_closed_twice_is_harmless(number: int) -> None:
    """A connection that was closed for another is closed by asyncio, too."""
    many: Connections[int] = Connections(ConnectionLimits())
    many.opened(number, "1.1.1.1", 0)
    many.closed(number)
    many.closed(number)
    many.waits(number)
    assert len(many) == 0
