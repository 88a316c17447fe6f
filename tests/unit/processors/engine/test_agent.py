"""A turn that is overtaken: nothing of it is put out."""

from __future__ import annotations

import pytest
from typing_extensions import override

from processors.engine.effect import RuleAlone
from processors.engine.memory import MemoryEngine
from processors.engine.spec import AgentSpec
from processors.engine.view import Record, View
from schemas.errors import DeadLetterError, FatalError
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
