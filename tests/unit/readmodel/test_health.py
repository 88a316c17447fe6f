"""What pages and commands call a person's work."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta

import pytest

from readmodel import words
from readmodel.health import Trouble, is_silent, troubles
from readmodel.lines.operations import Totals
from schemas.workers import WorkerStatus

NOW = datetime(2026, 8, 12, 12, tzinfo=UTC)


def found(stale: str | None = None, *, worker: dict[str, object] | None = None, **counts: int) -> list[Trouble]:
    """What is said where all is well but for these."""
    well = {"worker_id": "w1", "version": "1", "started_at": NOW, "at": NOW, "ready": True, "partitions": (0,)}
    workers = (
        [WorkerStatus.model_validate(well | worker)] if worker is not None else [WorkerStatus.model_validate(well)]
    )
    quiet = {"dead_letters": 0, "in_doubt": 0, "rejected": 0, "quarantined": 0, "sessions_waiting": 0}
    return list(troubles(NOW, workers, Totals(**(quiet | counts)), stale))


def test_examples_of_the_docstrings() -> None:
    """They are the rules."""
    assert doctest.testmod(words).failed == 0


def test_worker_is_silent_after_half_a_minute() -> None:
    """Clocks may differ by some."""
    assert not is_silent(NOW - timedelta(seconds=30), NOW)
    assert is_silent(NOW - timedelta(seconds=31), NOW)
    assert not is_silent(NOW + timedelta(seconds=5), NOW)


def test_all_is_well_without_a_notice() -> None:
    """So that each notice means something; what was put aside and what waits for Zoom is nobody's work."""
    assert found(quarantined=3, sessions_waiting=2) == []


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (found(worker={"ready": False, "reasons": ("Kafka is away",)}), "w1: Kafka is away"),
        (found(worker={"parked": ("contacts",)}), "contacts"),
        (found(worker={"without_contact": 2}), "2 events wait"),
        (found(dead_letters=1), "1 dead letter"),
        (found(in_doubt=1_000), "1,000 events in doubt"),
        (found(rejected=2), "refused by Brevo"),
        (found("Kafka is away"), "Kafka is away"),
    ],
)
def test_each_thing_that_needs_a_person_is_one_notice(one: list[Trouble], told: str) -> None:
    """In words."""
    assert [told in trouble.text for trouble in one] == [True]


def test_no_worker_and_one_that_is_silent_are_two_notices() -> None:
    """The one says what follows, the other which it was."""
    first, second = found(worker={"at": NOW - timedelta(minutes=5)})
    assert "no worker is running" in first.text
    assert second.text == "Worker w1 has said nothing for 5 min: look whether it still runs"
