"""Families of endpoints and their windows."""

from __future__ import annotations

import pytest

from sandbox.brevo.answers import RefusedError
from sandbox.brevo.limits import RateLimits, family


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/contacts", "contacts"),
        ("GET", "/contacts/lists", "contacts"),
        ("POST", "/contacts/import", "contacts"),
        ("POST", "/events", "events"),
        ("GET", "/events", "rest"),
        ("POST", "/events/batch", "rest"),
        ("POST", "/smtp/email", "mails"),
        ("GET", "/processes/1", "rest"),
        ("GET", "/contactsx", "rest"),
    ],
)
def test_family_of_an_endpoint_follows_the_table(method: str, path: str, expected: str) -> None:
    """What the table of limits does not name is in the bucket of 100 an hour."""
    assert family(method, path) == expected


def test_limits_refuse_the_call_over_the_window_and_recover_with_the_next() -> None:
    """A refused call does not count, and the next second is new."""
    limits = RateLimits()
    verdicts = [limits.take("events", 5.9) for _ in range(12)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 10 + [False] * 2
    assert [verdict.remaining for verdict in verdicts[:2]] == [9, 8]
    with pytest.raises(RefusedError, match="Too many requests"):
        verdicts[-1].check()
    assert limits.take("events", 6.0).remaining == 9


def test_limits_of_an_hour_tell_the_seconds_left() -> None:
    """The hourly bucket says how long it lasts: thousands of seconds."""
    limits = RateLimits()
    for _ in range(100):
        assert limits.take("rest", 10.0).allowed
    verdict = limits.take("rest", 10.0)
    assert (verdict.allowed, verdict.limit, verdict.reset_seconds) == (False, 100, 3_590)


def test_limits_of_contacts_end_after_36000_an_hour() -> None:
    """Ten a second is not the only limit: the hour's own tells when it is full."""
    limits = RateLimits()
    allowed = sum(limits.take("contacts", second).allowed for second in range(3_599) for _ in range(11))
    assert allowed == 35_990
    assert [limits.take("contacts", 3_599.0).allowed for _ in range(11)] == [True] * 10 + [False]


def test_limits_with_a_factor_are_scaled() -> None:
    """A test's factor widens every family alike."""
    verdict = RateLimits(50).take("contacts", 0.0)
    assert (verdict.limit, verdict.remaining) == (500, 499)
