import doctest
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from console.views import bars, health, links, spreadsheet, words
from console.views.bars import time_line
from console.views.health import is_silent, troubles
from console.views.links import session_key, session_word
from console.views.spreadsheet import lines

NOW = datetime(2026, 8, 12, 12, tzinfo=UTC)
WELL = {
    "workers": 1, "silent": (), "unready": (), "parked": (), "dead_letters": 0, "in_doubt": 0, "rejected": 0,
    "quarantined": 0, "reader_trouble": "",
}  # fmt: skip


@pytest.mark.parametrize("module", [bars, health, links, spreadsheet, words])
def test_examples_of_the_docstrings(module: ModuleType) -> None:
    """They are the rules."""
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("key", [0, 1, -1, 2**63 - 1, -(2**63)])
def test_session_key_goes_through_a_url(key: int) -> None:
    """Whatever its sign."""
    assert session_key(session_word(key)) == key


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\n=1", "\uff1d1+1"])
def test_no_cell_is_a_formula(text: str) -> None:
    """Names are what people call themselves."""
    assert lines([[text]]).strip("\r\n").strip('"').startswith("'")


def test_time_line_of_nobody_is_empty() -> None:
    """Nor is there one of a session without a length."""
    assert time_line([], 3600) == ()
    assert time_line([[(0, 10)]], 0) == ()


def test_worker_is_silent_after_half_a_minute() -> None:
    """Clocks may differ by some."""
    assert not is_silent(NOW - timedelta(seconds=30), NOW)
    assert is_silent(NOW - timedelta(seconds=31), NOW)
    assert not is_silent(NOW + timedelta(seconds=5), NOW)


def test_all_is_well_without_a_notice() -> None:
    """So that each notice means something."""
    assert troubles(**WELL) == ()  # type: ignore[arg-type]  # values of several types


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("workers", 0, "No worker runs"),
        ("silent", ("w1",), "w1 says nothing"),
        ("unready", (("w1", ("Kafka is away",)),), "not ready: Kafka is away"),
        ("parked", ("contacts",), "contacts"),
        ("dead_letters", 1, "could not be handled"),
        ("in_doubt", 1_000, "1,000 may or may not"),
        ("rejected", 2, "refused by Brevo"),
        ("quarantined", 3, "put aside"),
        ("reader_trouble", "Kafka is away", "not up to date: Kafka is away"),
    ],
)
def test_each_thing_that_needs_a_person_is_one_notice(name: str, value: object, told: str) -> None:
    """In words."""
    (one,) = troubles(**{**WELL, name: value})  # type: ignore[arg-type]  # values of several types
    assert told in one.text
