"""The effect `look-up` on tables in memory, with a Zoom that answers as a test says."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry
from typing_extensions import override

from processors.engine.memory import MemoryEngine
from processors.engine.memory_store import MemoryStore
from processors.engine.view import Output
from processors.zoom import agent as look_up
from processors.zoom.account_health import MissingScopes
from processors.zoom.agent import LookUp
from processors.zoom.api.api import ZoomReader
from processors.zoom.metrics import LookupMetrics
from processors.zoom.questions.pending import LOOKUPS_PENDING
from runtime.backoff import Backoff
from runtime.outcome import NoAnswer
from schemas.attendance import ObjectType
from schemas.instants import as_datetime
from schemas.lookups import AccountDeauthorized, LookupRequest, LookupResult, ZoomRow
from schemas.priority import Priority
from schemas.topics import LOOKUP_RESULTS, LOOKUPS

DEADLINE_SECONDS = 10.0


class ScriptedZoom(ZoomReader):
    """A `ZoomReader` that answers from a table; what goes wrong is scripted per call."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.answers: dict[str, list[ZoomRow]] = {}
        self.failures: dict[str, deque[NoAnswer | Exception]] = {}
        self.scopes: list[frozenset[str] | NoAnswer] = []
        self.priorities: list[Priority] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.under_way = 0
        self.most = 0
        self._called = asyncio.Event()

    async def until_called(self, times: int) -> None:
        """Wait until so many calls were made."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(self.calls) < times:
                self._called.clear()
                await self._called.wait()

    @override
    def at(self, priority: Priority) -> ScriptedZoom:
        self.priorities.append(priority)
        return self

    @override
    async def granted_scopes(self) -> frozenset[str] | NoAnswer:
        return self.scopes.pop(0) if self.scopes else frozenset()

    async def _answer(self, call: str) -> list[ZoomRow] | NoAnswer:
        self.calls.append(call)
        self._called.set()
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0)
            if call in self.gates:
                await self.gates[call].wait()
            if self.failures.get(call):
                failure = self.failures[call].popleft()
                if isinstance(failure, Exception):
                    raise failure
                return failure
            return self.answers.get(call, [{"id": call}])
        finally:
            self.under_way -= 1

    @override
    async def details(
        self, object_type: ObjectType, object_id: str, occurrence_id: str | None = None
    ) -> ZoomRow | NoAnswer:
        return _first(await self._answer(f"{object_type} {object_id}" + (f" {occurrence_id}" if occurrence_id else "")))

    @override
    async def registrants(
        self, object_type: ObjectType, object_id: str, occurrence_id: str | None = None
    ) -> list[ZoomRow] | NoAnswer:
        return await self._answer(f"registrants {object_id}" + (f" {occurrence_id}" if occurrence_id else ""))

    @override
    async def panelists(self, webinar_id: str) -> list[ZoomRow] | NoAnswer:
        return await self._answer(f"panelists {webinar_id}")

    @override
    async def users(self) -> list[ZoomRow] | NoAnswer:
        return await self._answer("users")

    @override
    async def past_meeting(self, uuid: str) -> ZoomRow | NoAnswer:
        return _first(await self._answer(f"past {uuid}"))

    @override
    async def report(self, object_type: ObjectType, uuid: str) -> list[ZoomRow] | NoAnswer:
        return await self._answer(f"{object_type} report {uuid}")

    @override
    async def absentees(self, uuid: str) -> list[ZoomRow] | NoAnswer:
        return await self._answer(f"absentees {uuid}")

    @override
    async def polls(self, object_type: ObjectType, uuid: str) -> list[ZoomRow] | NoAnswer:
        return await self._answer(f"{object_type} polls {uuid}")

    @override
    async def questions(self, object_type: ObjectType, uuid: str) -> list[ZoomRow] | NoAnswer:
        return await self._answer(f"{object_type} questions {uuid}")

    @override
    async def recordings(self, uuid: str) -> ZoomRow | NoAnswer:
        return _first(await self._answer(f"recordings {uuid}"))

    @override
    def drop_login(self, before: float) -> bool:
        self.calls.append(f"drop {before:.0f}")
        if self.failures.get("drop"):
            failure = self.failures["drop"].popleft()
            assert isinstance(failure, Exception)
            raise failure
        return True


def _first(rows: list[ZoomRow] | NoAnswer) -> ZoomRow | NoAnswer:
    return rows if isinstance(rows, NoAnswer) else rows[0]


class Engine(MemoryEngine):
    """The agent in memory, with one partition and small waits."""

    def __init__(
        self,
        zoom: ScriptedZoom,
        missing_scopes: Mapping[str, MissingScopes] | None = None,
        refuses: Callable[[Output], bool] = lambda _output: False,
    ) -> None:
        super().__init__(look_up.SPEC, refuses=refuses)
        self.clock_offset = 0.0
        self.registry = CollectorRegistry()
        self.look_up = LookUp(
            {"acc": zoom},
            clock=lambda: time.time() + self.clock_offset,
            metrics=LookupMetrics(self.registry),
            partition_of=lambda _: 0,
            probe_after_seconds=0.0,
            jitter=lambda: 0.0,
            backoff=Backoff(0.001, 300),
            missing_scopes=missing_scopes,
        )

    @property
    def store(self) -> MemoryStore:
        """The pending rows."""
        return self.memory[0][LOOKUPS_PENDING]

    @property
    def keys(self) -> list[tuple[str, bytes | None]]:
        """(topic, key) of what was published to the look-ups and their results, behind the first request."""
        topics = (LOOKUP_RESULTS.name, LOOKUPS.name)
        return [(output.topic, output.key) for output in self.published if output.topic in topics][1:]

    @property
    def results(self) -> list[LookupResult]:
        """The answers, in order."""
        return [LookupResult.from_bytes(e.value or b"") for e in self.published if e.topic == LOOKUP_RESULTS.name]

    def ask(self, *requests: LookupRequest, topic: str = LOOKUPS.name) -> None:
        """Requests arrive."""
        for request in requests:
            self.send(topic, request.account_id, request.to_bytes())

    def tell(self, message: AccountDeauthorized) -> None:
        """Something else than a request arrives."""
        self.send(LOOKUPS.name, message.account_id, message.to_bytes())

    async def until_settled(self, *, left: int = 0) -> None:
        """Wait until no more than `left` rows are pending."""
        await self.until(lambda: len(self.store.rows) <= left, DEADLINE_SECONDS)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The worker runs within the block."""
        self.start(self.look_up)
        try:
            yield
        finally:
            await self.stop()


def request(request_id: str, lookup: str = "registrants", **fields: Any) -> LookupRequest:
    """A request about webinar 1 unless told otherwise."""
    return LookupRequest.model_validate(
        {
            "request_id": request_id,
            "lookup": lookup,
            "account_id": "acc",
            "object_id": "1",
            "object_type": "webinar",
            "requested_at": as_datetime(1_786_543_200),
            **fields,
        }
    )


def outcome(engine: Engine, request_id: str) -> tuple[str, str]:
    """Outcome and detail of the one page that answers a request."""
    (page,) = [result for result in engine.results if result.request_id == request_id]
    return page.outcome, page.detail
