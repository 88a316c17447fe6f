"""Runs the agents of one Faust app with their effects, and tells whether they are alive and ready."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from processors.engine.continuity import Continuity
from processors.engine.faust_agent import BatchAgent
from processors.engine.faust_consumer import consumer_loops, leave_rebalances
from processors.engine.faust_engine import Engine
from processors.engine.faust_recovery import SecondReading, TakeOver
from processors.engine.faust_tables import opened_ends
from processors.engine.halt import Halt
from processors.engine.stopping import StopDeadline, end_task, refuse_at_once, stop_at_once
from runtime.reachability import kafka_answers
from schemas.errors import ConfigurationError, FatalError, RetryLaterError, RollcallError

STUCK_SECONDS = 120.0
"""A turn that takes longer, or a backlog in which nothing was handled for so long, is no progress."""
_WATCH_SECONDS = 0.05
_COUNT_SECONDS = 0.25
"""Between looks at what is left to do, topic by topic: as often as the others, they were a third of an idle worker's
work."""
PROBE_SECONDS, ANSWER_SECONDS, CHECK_SECONDS = 2.0, 5.0, 30.0
"""Between questions to Kafka, for an answer, and between looks whether it is still the same: a worker that has nothing
to send would not notice that it is away."""
BEGIN_AGAIN_SECONDS = 1.0
"""Between questions whether Kafka tells at the start whose the tables are."""
START_ENDS_SECONDS = 5.0
"""For Faust's start to end once it is cancelled."""

log = logging.getLogger(__name__)


class EngineWorker:
    """The running engine: `run` returns after `stop` was called, or ends the process."""

    def __init__(self, engine: Engine, agents: Sequence[BatchAgent], continuity: Continuity | None = None) -> None:
        self._app: Any = engine.app
        self._continuity = continuity
        self._agents = agents
        self._publisher = engine.publisher
        self._producer = engine.producer
        self._metrics = engine.metrics
        self._tables = [table for agent in agents for table in agent.tables]
        self._generation: int | None = None
        self._progress_at = time.monotonic()
        self._started = False
        self._kafka_answers = True

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then drain: finish the turn, commit, close the tables.

        A drain that takes longer than `STOP_SECONDS` ends the process, unacknowledged.

        Raises:
            ConfigurationError: Kafka is not the one that the tables were made of, or an effect has found that the file
                has to be changed.
            FatalError: Faust or an effect has crashed, or a breaker is open, which is remembered in the data folder;
                nothing was acknowledged that was not confirmed.
        """
        if not await self._may_begin(stop):
            return
        self._app.on_partitions_revoked.connect(self._revoked, weak=False)
        TakeOver(self._app, self._publisher.take_over)
        ours = asyncio.get_running_loop()
        deadline = StopDeadline(lambda: (ours, *consumer_loops(self._app)))
        told = asyncio.create_task(self._start_when(stop, deadline))
        second_reading = asyncio.create_task(SecondReading(self._app).run(), name="second reading")
        try:
            await self._producer.start()
            await self._start(stop)
            await self._work(stop, deadline, second_reading)
        finally:
            told.cancel()
            second_reading.cancel()
            deadline.cancel()

    async def _may_begin(self, stop: asyncio.Event) -> bool:
        """Once Kafka has told that the tables are of it; false when told to stop before that."""
        while self._continuity is not None and not stop.is_set():
            try:
                await self._continuity.begin(self._tables)
            except RetryLaterError:
                await asyncio.sleep(BEGIN_AGAIN_SECONDS)
            else:
                break
        return not stop.is_set()

    async def _start(self, stop: asyncio.Event) -> None:
        """Faust's start lasts until the tables are recovered; told to stop, it does not go on with that.

        Raises:
            FatalError: Faust has crashed meanwhile, of which its start would know nothing.
        """
        starting = asyncio.create_task(self._app.start(), name="start")
        stopping, crashed = asyncio.create_task(stop.wait()), asyncio.create_task(self._app.wait_until_stopped())
        await asyncio.wait([starting, stopping, crashed], return_when=asyncio.FIRST_COMPLETED)
        for watcher in (stopping, crashed):
            watcher.cancel()
        if starting.done():
            await starting
            self._started = True
            return
        if self._app.crashed:
            raise _failure("Faust", self._app.crash_reason)
        await end_task(starting, START_ENDS_SECONDS)

    async def _work(self, stop: asyncio.Event, deadline: StopDeadline, second_reading: asyncio.Task[None]) -> None:
        tasks = [second_reading]
        try:
            if self._started:
                tasks += self._begin()
                await self._until_stopped(stop, tasks)
        finally:
            deadline.start()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await leave_rebalances(self._app)
            await self._app.stop()
            await self._producer.stop()

    def _begin(self) -> list[asyncio.Task[None]]:
        """Start what runs until the worker stops."""
        own = [asyncio.create_task(watch(), name=watch.__name__.strip("_")) for watch in (self._watch, self._probe)]
        effects = [
            asyncio.create_task(agent.effect.run(agent), name=f"{agent.spec.name} effect") for agent in self._agents
        ]
        return own + effects

    @staticmethod
    async def _start_when(stop: asyncio.Event, deadline: StopDeadline) -> None:
        await stop.wait()
        log.info("draining")
        deadline.start()

    async def _until_stopped(self, stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
        stopping = asyncio.create_task(stop.wait())
        crashed = asyncio.create_task(self._app.wait_until_stopped())
        halted = asyncio.create_task(self._halted())
        done, _pending = await asyncio.wait([stopping, crashed, halted, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for watcher in (stopping, crashed, halted):
            watcher.cancel()
        if halted in done:
            halt = halted.result()
            halt.write(Path(self._app.conf.datadir))
            raise FatalError(f"{halt}; `rollcall worker --resume` goes on behind it")
        for task in done:
            if task is stopping:
                return
            if task is crashed:
                raise _failure("Faust", self._app.crash_reason)
            raise _failure(task.get_name(), task.exception())

    async def _halted(self) -> Halt:
        while True:
            for agent in self._agents:
                if agent.halt is not None:
                    return agent.halt
            await asyncio.sleep(_WATCH_SECONDS)

    async def _revoked(self, _app: Any, _revoked: Any, **_signal: Any) -> None:
        self._generation = None
        for agent in self._agents:
            agent.core.assign(set())

    async def _watch(self) -> None:
        """Give the agents their partitions once recovery is done, and note progress."""
        handled, counted_at = -1, 0.0
        while True:
            app = self._app
            ready = self._tables_ready()
            if ready and self._generation != app.consumer_generation_id:
                partitions = {tp.partition for tp in app.consumer.assignment()}
                self._generation = app.consumer_generation_id
                for agent in self._agents:
                    agent.core.assign(partitions)
            now = time.monotonic()
            if now - counted_at >= _COUNT_SECONDS:
                counted_at = now
                now_handled = sum(agent.core.handled for agent in self._agents)
                backlog = sum(self._lag(agent) for agent in self._agents) if ready else 0
                if now_handled != handled or not backlog or self.kafka_is_away or self._waits():
                    handled, self._progress_at = now_handled, now
            await asyncio.sleep(_WATCH_SECONDS)

    async def _probe(self) -> None:
        checked_at = time.monotonic()
        while True:
            answers = await kafka_answers(self._producer, ANSWER_SECONDS)
            is_back = answers and (not self._kafka_answers or self._publisher.waiting_since is not None)
            if is_back or (answers and time.monotonic() - checked_at > CHECK_SECONDS):
                checked_at = time.monotonic()
                answers = await self._is_the_same()
            self._kafka_answers = answers
            await asyncio.sleep(PROBE_SECONDS)

    async def _is_the_same(self) -> bool:
        """Whether Kafka answers once more; where it is not the one that it was the process ends.

        There is nothing to drain: what is under way is of the other one, and nobody would confirm it.
        """
        try:
            if self._continuity is not None:
                await self._continuity.check(opened_ends(self._tables, self.partitions))
        except RetryLaterError:
            return False
        except ConfigurationError as error:
            refuse_at_once(str(error))
        return True

    @property
    def kafka_is_away(self) -> bool:
        """Whether Kafka has stopped to take records, or to answer."""
        return self._publisher.waiting_since is not None or not self._kafka_answers

    def _waits(self) -> list[str]:
        """Why turns are to be done again later."""
        return [f"{agent.spec.name}: {agent.core.waits_because}" for agent in self._agents if agent.core.waits_because]

    def _lag(self, agent: BatchAgent) -> int:
        lag = agent.lag()
        self._metrics.lag.labels(agent.spec.name).set(lag)
        return lag

    def _tables_ready(self) -> bool:
        app = self._app
        return bool(self._started and app.tables.actives_ready and not app.rebalancing and not app.unassigned)

    def live(self) -> bool:
        """False when there is work and nothing was done for two minutes although Kafka answers."""
        now = time.monotonic()
        stuck_turn = any(
            core.turn_began_at is not None and now - core.turn_began_at > STUCK_SECONDS
            for core in (agent.core for agent in self._agents)
        )
        return self.kafka_is_away or not (stuck_turn or now - self._progress_at > STUCK_SECONDS)

    @property
    def partitions(self) -> tuple[int, ...]:
        """Those that are this worker's, in order."""
        return tuple(sorted({partition for agent in self._agents for partition in agent.core.partitions}))

    def not_ready(self) -> tuple[str, ...]:
        """Why this worker is not ready; empty when it is."""
        reasons = []
        if not self._tables_ready():
            reasons.append("waiting for partitions, or recovering the tables")
        if self._publisher.waiting_since is not None:
            reasons.append("Kafka does not take records")
        elif not self._kafka_answers:
            reasons.append("Kafka does not answer")
        return (*reasons, *self._waits())


def _failure(name: str, error: BaseException | None) -> RollcallError:
    """What to raise once a part of the engine has ended by itself.

    What nobody has foreseen, such as a full disk, ends the process: Faust may wait for ever for what has failed to end.
    """
    reason = _first_cause(error)
    if isinstance(reason, ConfigurationError):
        return reason
    told = f"{name} has stopped: {type(reason).__name__}: {reason}"
    if reason is not None and not isinstance(reason, RollcallError):
        log.error("engine failed", exc_info=reason)
        stop_at_once(told)
    failure = FatalError(told)
    failure.__cause__ = reason
    return failure


def _first_cause(error: BaseException | None) -> BaseException | None:
    """What ended a group of tasks: the group itself says no more than that one of them failed."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
