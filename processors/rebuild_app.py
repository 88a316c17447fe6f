"""Composition root of a rebuild: two agents of the worker on a state of their own, which call nothing outside.

Raw events and Zoom's answers are read from their beginning, beside the worker, and count as taken when they were
written; what Zoom is asked is answered from what it has answered before (`rebuild/kept_answers.py`). All that the
agents write goes to topics and changelogs of the state. Killed, it goes on where it stood.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from processors.agents import STATE_TABLES, scoring_rule, tracking_rule, tracking_tick
from processors.attendance import agent as track_attendance
from processors.attendance.book import DUE_WORK, due_ms
from processors.attendance.settings import TrackingSettings
from processors.engagement import agent as score_engagement
from processors.engine.breaker import CircuitBreaker
from processors.engine.due_clock import AllDueTimes, DueClock, RowDueTimes
from processors.engine.effect import RuleAlone
from processors.engine.faust_agent import BatchAgent
from processors.engine.faust_engine import Engine, History
from processors.engine.faust_worker import EngineWorker
from processors.engine.naming import Names, rebuild_group, rebuild_topic
from processors.engine.spec import AgentSpec
from processors.engine.states import OfState
from processors.rebuild import kept_answers
from processors.rebuild.caught_up import CaughtUp
from processors.rebuild.kept_answers import KeptAnswers
from processors.rebuild.throttle import Throttle
from runtime.kafka import KafkaConnection
from runtime.models import Configuration
from runtime.topics import ensure_topics
from schemas.errors import RetryLaterError
from schemas.topic import Topic
from schemas.topics import ERASURES, HELD_EVENTS, KEPT_ANSWERS, LOOKUP_RESULTS, LOOKUPS_BULK, RAW_EVENTS, rebuild_topics

READS = frozenset({RAW_EVENTS.name, LOOKUP_RESULTS.name, ERASURES.name})
"""Of the installation: what it was told, and who is forgotten."""
LOOPS = frozenset({ERASURES.name})
"""Of these, where its agents ask themselves for the next step."""
WRITES = frozenset({LOOKUPS_BULK.name})
"""Of the installation: what nobody kept an answer to."""
TRACKING = AgentSpec(
    track_attendance.SPEC.name,
    sources=(*track_attendance.SPEC.sources, HELD_EVENTS, KEPT_ANSWERS),
    tables=(*track_attendance.SPEC.tables, kept_answers.KEPT_ANSWERS_TABLE),
)
LOOK_SECONDS = 0.5
"""Between looks how far it is."""


@dataclass(frozen=True, slots=True)
class RebuildOrder:
    """What is to be rebuilt, and how."""

    state: str
    events_per_second: float | None = None
    """Raw events and answers; ``None``: as fast as it goes."""
    asks_zoom: bool = False
    """What nobody kept an answer to is asked, behind all live work."""
    follows: bool = False
    """Goes on, beside the worker, once it has caught up."""


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """How far it is."""

    handled: int
    """Records that this process has handled."""
    waiting: int
    """Records that are there to be handled, as far as it knows."""
    owns_all: bool
    """Of all topics it has every partition."""
    is_caught_up: bool = False
    unanswered: int = 0
    """Questions that nobody kept an answer to, once it has caught up."""


RebuildListener = Callable[[RebuildProgress], Awaitable[None]]


def names_of(prefix: str, state: str) -> Names:
    """What a rebuild's topics and tables are called."""
    return Names(prefix, state, STATE_TABLES | {kept_answers.KEPT_ANSWERS_TABLE}, READS, WRITES, LOOPS)


def own_topics(state: str) -> list[Topic]:
    """The topics of a state, less the installation's prefix."""
    return [replace(topic, name=rebuild_topic(state, topic.name)) for topic in rebuild_topics()]


def own_changelogs(state: str) -> list[str]:
    """Its changelogs, less the installation's prefix."""
    names = names_of("", state)
    return [names.changelog(table) for table in (*TRACKING.tables, *score_engagement.SPEC.tables)]


async def create_topics(connection: KafkaConnection, configuration: Configuration, state: str) -> None:
    """Make what the rebuild writes to, and what it reads.

    Raises:
        ConfigurationError: the topics on the cluster do not fit, or a right on it is missing.
        RetryLaterError: Kafka does not answer.
    """
    kafka, others = configuration.kafka, own_topics(state)
    await ensure_topics(connection, kafka, names=READS | WRITES, changelogs=own_changelogs(state), others=others)


async def run_rebuild(
    order: RebuildOrder,
    configuration: Configuration,
    connection: KafkaConnection,
    data_dir: Path,
    version: str,
    stop: asyncio.Event,
    tell: RebuildListener,
) -> bool:
    """Until it has caught up, or `stop` is set, then drain; whether it has caught up. `create_topics` comes before.

    Raises:
        FatalError: something that would lose records; started again it goes on where it stood.
    """
    kafka = configuration.kafka
    pace = None if order.events_per_second is None else Throttle(order.events_per_second).after
    engine = Engine.build(
        connection,
        kafka,
        data_dir,
        names_of(connection.topic_prefix, order.state),
        version,
        CollectorRegistry(),
        group=rebuild_group(order.state),
        history=History(frozenset({RAW_EVENTS.name, LOOKUP_RESULTS.name}), pace),
        breaker=CircuitBreaker.that_never_opens,
    )
    clock = _clock(configuration, asks_zoom=order.asks_zoom)
    scoring = OfState(scoring_rule(configuration), order.state)
    agents = [BatchAgent(engine, TRACKING, clock), BatchAgent(engine, score_engagement.SPEC, RuleAlone(scoring))]
    watched = CaughtUp(agents, clock, kafka.partitions)
    return await _work_while(_watch(watched, order, stop, tell), EngineWorker(engine, agents))


async def _work_while(watch: Coroutine[Any, Any, bool], worker: EngineWorker) -> bool:
    """What the watch says at its end, and false where the worker ends before it; the worker is drained."""
    done = asyncio.Event()
    working = asyncio.create_task(worker.run(done))
    watching = asyncio.create_task(watch)
    try:
        await asyncio.wait([working, watching], return_when=asyncio.FIRST_COMPLETED)
        is_caught_up = watching.done() and watching.result()
    finally:
        watching.cancel()
        done.set()
        await working
    return is_caught_up


def _clock(configuration: Configuration, *, asks_zoom: bool) -> DueClock:
    rule = KeptAnswers(tracking_rule(TrackingSettings.from_configuration(configuration)), asks_zoom=asks_zoom)
    due_times = AllDueTimes(
        (
            RowDueTimes(track_attendance.SPEC.tables[0], DUE_WORK, due_ms),
            RowDueTimes(kept_answers.KEPT_ANSWERS_TABLE, kept_answers.DUE_QUESTION, kept_answers.due_ms),
        )
    )
    return DueClock(rule, due_times, tick=tracking_tick)


async def _watch(watched: CaughtUp, order: RebuildOrder, stop: asyncio.Event, tell: RebuildListener) -> bool:
    """Whether it has caught up before it was told to stop."""
    is_caught_up = False
    while not stop.is_set():
        try:
            is_now = await watched.look(int(time.time() * 1000))
        except RetryLaterError:  # Kafka is away; the worker waits for it
            is_now = False
        first = is_now and not is_caught_up
        is_caught_up = is_caught_up or is_now
        unanswered = watched.unanswered() if first else 0
        await tell(RebuildProgress(watched.handled, watched.lag, watched.owns_all, first, unanswered))
        if is_caught_up and not order.follows:
            return True
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await stop.wait()
        except TimeoutError:
            continue
    return is_caught_up
