"""Results of another state are not read, and names tell states apart."""

from __future__ import annotations

import pytest
from typing_extensions import override

from processors.engine.memory import run_turn
from processors.engine.naming import Names, changelog_name, checked_state_name
from processors.engine.states import OfState, state_headers
from processors.engine.view import Record, Rule, View
from schemas.errors import ConfigurationError
from schemas.topics import ATTENDANCE_RESULTS, ENGAGEMENT_TICKS


class Reader(Rule):
    """Remembers what it was handed."""

    def __init__(self) -> None:
        self.read: list[bytes | None] = []

    @override
    def handle(self, record: Record, view: View) -> None:
        self.read.append(record.value)


def _record(state: str, topic: str = ATTENDANCE_RESULTS.name) -> Record:
    return Record(topic, 0, 0, 0, b"k", state.encode(), state_headers(topic, state))


@pytest.mark.parametrize("state", ["first", "weights"])
def test_a_result_of_another_state_is_skipped(state: str) -> None:
    """Whichever is live; other topics are not told apart."""
    reader = Reader()
    records = [_record("first"), _record("weights"), _record("old"), _record("tick", ENGAGEMENT_TICKS.name)]
    run_turn(OfState(reader, state), records, {})
    assert reader.read == [state.encode(), b"tick"]


def test_names_of_a_rebuild_are_the_workers_once_it_is_live() -> None:
    """The tables alone: a rebuild has topics of its own."""
    tables = frozenset({"attendance"})
    rebuild = Names("p-", "weights", tables, reads=frozenset({"raw"}), writes=frozenset())
    live = Names("p-", "weights", tables)
    assert (
        rebuild.changelog("attendance")
        == live.changelog("attendance")
        == f"p-{changelog_name('attendance', 'weights')}"
    )
    assert (rebuild.source("raw"), rebuild.topic("raw")) == ("p-raw", "p-rebuild.weights.raw")
    assert rebuild.source("results") == rebuild.topic("results") == "p-rebuild.weights.results"
    assert (live.topic("results"), live.changelog("ledger")) == ("p-results", f"p-{changelog_name('ledger')}")


@pytest.mark.parametrize("name", ["", "Weights", "a.b", "-a", "a" * 33, "a/b"])
def test_a_state_has_a_name_that_topics_may_have(name: str) -> None:
    """It is part of theirs."""
    with pytest.raises(ConfigurationError, match="no name for a state"):
        checked_state_name(name)
