"""Results of another state are not read, and names tell states apart."""

from __future__ import annotations

import pytest
from typing_extensions import override

from processors.engine.memory_store import run_turn
from processors.engine.naming import Names, changelog_name, checked_state_name, rebuild_topic
from processors.engine.states import OfState, state_headers
from processors.engine.view import Record, Rule, View
from processors.rebuild_app import TRACKING, names_of, own_topics
from schemas.errors import ConfigurationError
from schemas.topics import (
    ATTENDANCE_RESULTS,
    ENGAGEMENT_TICKS,
    ERASURES,
    LOOKUP_RESULTS,
    LOOKUPS_BULK,
    RAW_EVENTS,
    TOPICS,
)


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


def test_a_rebuild_writes_to_the_installation_what_it_asks_of_zoom_and_nothing_else() -> None:
    """And reads there what the ingress, Zoom and an erasure have said; what it tells itself is its own."""
    names = names_of("p-", "weights")
    written = {topic.name for topic in TOPICS if names.topic(topic.name) == f"p-{topic.name}"}
    assert written == {LOOKUPS_BULK.name}
    sources = {source for topic in TRACKING.sources for source in names.sources(topic.name) if "rebuild" not in source}
    assert sources == {f"p-{topic.name}" for topic in (RAW_EVENTS, LOOKUP_RESULTS, ERASURES)}
    assert f"p-{rebuild_topic('weights', ERASURES.name)}" in names.sources(ERASURES.name)
    own = {topic.name for topic in own_topics("weights")}
    assert {name.removeprefix("p-") for topic in TRACKING.sources for name in names.sources(topic.name)} - own == {
        source.removeprefix("p-") for source in sources
    }
