"""One bench over each engine, for the contract that both keep: Faust's with a real Kafka, and the one in memory."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from typing_extensions import override

from processors.engine.effect import RuleAlone
from processors.engine.memory import MemoryEngine
from processors.engine.spec import AgentSpec
from schemas.errors import FatalError
from tests.support.engine import Lab, LabWorker, produce_events, stored
from tests.support.engine_rules import OUTPUT, PENDING, SEEN, SOURCE, Courier, Journal, SeenOnce
from tests.support.kafka import Message, read_to_end

TABLES = {"seen-once": SEEN, "errands": PENDING, "errands-held": PENDING}
Event = tuple[str, dict[str, Any]]


class Bench(ABC):
    """One agent on one engine: events in, what came of them out."""

    @abstractmethod
    async def send(self, events: Sequence[Event]) -> None:
        """Publish (key, event) in order; a running worker handles them."""

    @abstractmethod
    async def start(self, rule: str) -> None:
        """A worker with this rule of `engine_worker`; one that was there before is killed."""

    @abstractmethod
    async def settled(self) -> None:
        """Everything that was sent or posted is handled and acknowledged."""

    @abstractmethod
    async def stopped(self) -> str:
        """Wait for the end of a worker that stops by itself, unacknowledged; what it said."""

    @abstractmethod
    async def end(self) -> None:
        """Stop calmly, so that its rows can be read."""

    @abstractmethod
    async def outputs(self) -> list[int]:
        """The ids that were put out."""

    @abstractmethod
    async def dead_letters(self) -> list[tuple[dict[str, Any], dict[str, bytes]]]:
        """Values and headers."""

    @abstractmethod
    def rows(self, rule: str) -> dict[bytes, bytes]:
        """The rows of the rule's table, once the worker has ended."""

    @abstractmethod
    def journal(self) -> list[dict[str, Any]]:
        """What rules and effects wrote down."""


class FaustBench(Bench):
    """Processes on Kafka."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._worker: LabWorker | None = None

    @override
    async def send(self, events: Sequence[Event]) -> None:
        await self._lab.create_topics()
        await produce_events(self._lab, events)

    @override
    async def start(self, rule: str) -> None:
        await self._lab.create_topics()
        if self._worker is not None:
            self._worker.process.kill()
        self._worker = self._lab.worker(rule=rule)

    @override
    async def settled(self) -> None:
        await self._lab.until_acknowledged(self._running())

    @override
    async def stopped(self) -> str:
        assert self._running().process.wait() == 70, self._running().process.describe()
        return self._running().process.output()

    @override
    async def end(self) -> None:
        assert self._running().process.terminate() == 0, self._running().process.describe()

    @override
    async def outputs(self) -> list[int]:
        return [event["i"] for event in await self._lab.read(self._lab.output)]

    @override
    async def dead_letters(self) -> list[tuple[dict[str, Any], dict[str, bytes]]]:
        letters: list[Message] = await read_to_end(self._lab.bootstrap, self._lab.dead_letters)
        return [(json.loads(letter.value or b""), dict(letter.headers)) for letter in letters]

    @override
    def rows(self, rule: str) -> dict[bytes, bytes]:
        return dict(stored(self._running(), TABLES[rule]))

    @override
    def journal(self) -> list[dict[str, Any]]:
        return self._lab.journal()

    def _running(self) -> LabWorker:
        assert self._worker is not None
        return self._worker


class MemoryBench(Bench):
    """Lists and dictionaries."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "journal"
        self._journal = Journal(self._path)
        self._engine: MemoryEngine | None = None
        self._waiting: list[Event] = []
        self._said = ""

    @override
    async def send(self, events: Sequence[Event]) -> None:
        if self._engine is None:
            self._waiting += events
            return
        for key, event in events:
            self._send(self._engine, key, event)

    @override
    async def start(self, rule: str) -> None:
        if self._engine is None:
            self._engine = MemoryEngine(AgentSpec("lab", (SOURCE,), (TABLES[rule],)), partitions=6)
        await self._engine.crash()
        held = rule == "errands-held"
        effect = RuleAlone(SeenOnce(self._journal)) if rule == "seen-once" else Courier(self._journal, held=held)
        try:
            self._engine.start(effect)
            waiting, self._waiting = self._waiting, []
            await self.send(waiting)
        except FatalError as error:
            self._said = str(error)

    @override
    async def settled(self) -> None:
        engine = self._running()
        if isinstance(engine.effect, Courier) and not engine.effect.held:
            table = PENDING
            await engine.until(lambda: not any(stores[table].rows for stores in engine.memory.values()))

    @override
    async def stopped(self) -> str:
        return self._said

    @override
    async def end(self) -> None:
        await self._running().stop()

    @override
    async def outputs(self) -> list[int]:
        return [orjson.loads(output.value or b"")["i"] for output in self._published(OUTPUT.name)]

    @override
    async def dead_letters(self) -> list[tuple[dict[str, Any], dict[str, bytes]]]:
        return [
            (orjson.loads(output.value or b""), dict(output.headers))
            for output in self._published(f"{SOURCE.name}.dlq")
        ]

    @override
    def rows(self, rule: str) -> dict[bytes, bytes]:
        stores = self._running().memory.values()
        return {key: value for tables in stores for key, value in tables[TABLES[rule]].rows.items()}

    @override
    def journal(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._path.read_text().splitlines()]

    def _send(self, engine: MemoryEngine, key: str, event: dict[str, Any]) -> None:
        try:
            engine.send(SOURCE.name, key, orjson.dumps(event))
        except FatalError as error:
            self._said = str(error)

    def _published(self, topic: str) -> list[Any]:
        return [output for output in self._running().published if output.topic == topic]

    def _running(self) -> MemoryEngine:
        assert self._engine is not None
        return self._engine
