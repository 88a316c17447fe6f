"""A turn that is overtaken, and one that is done again: nothing of it is put out late or counted twice."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from typing_extensions import override

from processors.engine.effect import RowChanges, RuleAlone
from processors.engine.memory import MemoryEngine
from processors.engine.spec import AgentSpec
from processors.engine.view import Record, View
from schemas.errors import DeadLetterError, FatalError
from schemas.letters import LetterFault
from schemas.topics import LETTERS
from tests.support.engine_rules import OUTPUT, SEEN, SOURCE, Told

SPEC = AgentSpec("lab", sources=(SOURCE,), tables=(SEEN,))
DEAD_LETTERS = f"{SOURCE.name}.dlq"


class Tells:
    """Keeps a record and tells it as often as it says; one without a value is a dead letter."""

    def handle(self, record: Record, view: View) -> None:
        """Write a row, send outputs."""
        if record.value is None:
            raise DeadLetterError("a record without a value", label="empty")
        view.put(SEEN, record.key or b"", record.value)
        for number in range(int(record.value)):
            view.send(OUTPUT.name, record.key, Told(i=number))


class Overtaken(MemoryEngine):
    """Another worker has taken over while the turn was computed."""

    @override
    async def ensure_owner(self) -> None:
        raise FatalError("another one owns its partitions")


class NarrowOnce(MemoryEngine):
    """Its changelog refuses a row of each of the first turns; all are done again."""

    turns = 0

    @override
    async def persist(self, changes: Mapping[int, Mapping[str, RowChanges]]) -> dict[str, int]:
        self.turns += 1
        return {SEEN: 1_000_000} if self.turns % 2 else await super().persist(changes)


def told(engine: MemoryEngine, topic: str) -> list[bytes | None]:
    """Keys of what was published to a topic."""
    return [output.key for output in engine.published if output.topic == topic]


def test_turn_of_a_worker_that_was_overtaken_puts_nothing_out() -> None:
    """Its outputs were computed from rows that are another's by now: on a compacted topic they would be the last."""
    engine = Overtaken(SPEC)
    engine.send(SOURCE.name, "good", b"1")
    engine.send(SOURCE.name, "bad", None)
    with pytest.raises(FatalError, match="another one owns"):
        engine.start_without_pump(RuleAlone(Tells()))
    assert (told(engine, OUTPUT.name), told(engine, DEAD_LETTERS), told(engine, LETTERS.name)) == ([], [], [])
    assert engine.memory[0][SEEN].rows == {}


def test_turn_that_is_done_again_buries_a_record_once() -> None:
    """Its letter lies there since the first time; the same record, read once more, is its second attempt."""
    engine = NarrowOnce(SPEC)
    engine.start_without_pump(RuleAlone(Tells()))
    for _ in range(2):
        engine.send(SOURCE.name, "bad", None)
    assert engine.turns == 4
    assert told(engine, DEAD_LETTERS) == [b"bad"]
    (fault,) = [
        LetterFault.from_bytes(output.value or b"") for output in engine.published if output.topic == LETTERS.name
    ]
    assert fault.attempts == 2


def test_record_of_which_several_outputs_are_refused_is_buried_once() -> None:
    """It is one record that cannot be handled."""
    engine = MemoryEngine(SPEC, refuses=lambda output: output.topic == OUTPUT.name)
    engine.start_without_pump(RuleAlone(Tells()))
    engine.send(SOURCE.name, "large", b"3")
    assert (told(engine, DEAD_LETTERS), told(engine, LETTERS.name)) == ([b"large"], [])
    (sample,) = [
        sample
        for metric in engine.metrics.dead_letters.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    ]
    assert sample.value == 1
