"""The acts behind the commands: begin a replay, go on with one, ask one to pause, look at one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from ops.audit import audit_entry
from ops.backfill.display import bar
from ops.posting import Posting
from ops.replay.beginning import begun, earlier, new_runner, planned
from ops.replay.consequences import Consequences
from ops.replay.copier import copier
from ops.replay.copies import Copying
from ops.replay.history import KnownReplay
from ops.replay.plan import ReplayPlan
from ops.replay.runner import LEASE_SECONDS, ReplayTools, Runner
from ops.replay.store import Orders, known_replays, one_replay
from ops.replay.tails import tails, worker_progress
from ops.replay.wish import check, from_wire
from ops.selection.expression import parse_selection
from ops.selection.finding import finder_for
from ops.workplace import Workplace
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.replays import Replay, ReplayOrder, ReplayReport
from schemas.topics import REPLAYS

_PAUSED_WITHIN_SECONDS = 20.0


async def plan(place: Workplace, expression: str) -> ReplayPlan:
    """What an expression selects.

    Raises:
        ConfigurationError: it cannot be understood, or names what cannot be replayed.
        RetryLaterError: Kafka does not answer.
    """
    selection = parse_selection(expression, await finder_for(place.connection, expression), datetime.now(UTC))
    check(selection)
    async with tails(place.connection) as topic:
        with bar(place.console, "looking") as tell:
            return await planned(topic, selection, tell)


async def begin(place: Workplace, found: ReplayPlan, *, reason: str, rate: int, re_emit: bool) -> Replay:
    """A new replay, said in the audit topic; nothing is published yet."""
    async with place.posting(REPLAYS) as to_kafka, tails(place.connection) as topic:
        replay = await begun(topic, found, reason=reason, rate=rate, re_emit=re_emit, operator=place.operator)
        await _note(place, to_kafka, "replay.begin", replay, reason)
        return replay


async def run(place: Workplace, replay: Replay, reason: str) -> Replay:
    """Publish what is left of it, then count what follows; as it stands at the end: `paused` or `done`.

    Raises:
        RetryLaterError: Kafka does not answer, or another process goes on with it.
    """
    async with place.posting(REPLAYS) as to_kafka:
        if replay.state != "published":
            replay = await _publish(place, replay, to_kafka)
        if replay.state == "published":
            replay = await _count(place, replay, to_kafka)
            await _note(place, to_kafka, "replay", replay, reason)
        return replay


async def _publish(place: Workplace, replay: Replay, to_kafka: Posting) -> Replay:
    known = await known_replays(place.connection)
    copying = Copying(from_wire(replay.selection), replay.lineage, earlier(known, replay))
    async with (
        tails(place.connection) as source,
        tails(place.connection) as said,
        copier(place.connection) as to_topic,
        worker_progress(place.connection) as workers,
    ):
        orders = await Orders.of(said, replay.replay_id)
        tools = ReplayTools(source, orders, to_kafka, to_topic, workers)
        with bar(place.console, "publishing") as tell:
            runner = Runner(replay, copying, tools, tell)
            await runner.claim()
            return await runner.run()


async def _count(place: Workplace, replay: Replay, to_kafka: Posting) -> Replay:
    async with tails(place.connection) as topics, worker_progress(place.connection) as workers:
        with place.console.status("") as status:
            tell: Callable[[str], object] = status.update if place.console.is_terminal else place.console.print
            report = await Consequences(topics, replay).settled(workers, place.configuration.sessions.settle, tell)
    done = replay.model_copy(update={"state": "done", "report": report, "at": datetime.now(UTC)})
    await to_kafka.post(REPLAYS, [(done.replay_id.encode(), done)])
    return done


async def report_of(place: Workplace, replay: Replay) -> ReplayReport:
    """What followed from it so far."""
    async with tails(place.connection) as topics:
        return await Consequences(topics, replay).count()


async def taken_on(place: Workplace, known: KnownReplay, reason: str, rate: int | None) -> Replay:
    """It, for another process to go on with; `rate`: if not the same.

    Raises:
        ConfigurationError: the process that has it still runs.
    """
    replay = known.replay
    if replay.state == "running" and await _is_heard(place, replay):
        raise ConfigurationError(
            f"{replay.replay_id} runs, begun by {replay.operator}; `rollcall replay pause {replay.replay_id}` stops it"
        )
    async with place.posting(REPLAYS) as to_kafka:
        await _note(place, to_kafka, "replay.resume", replay, reason)
    changes = {"claim": replay.claim + 1, "runner": new_runner(), "rate": rate or replay.rate}
    return replay.model_copy(update=changes)


async def _is_heard(place: Workplace, replay: Replay) -> bool:
    """Whether the process that has it says anything for as long as one that runs must."""
    async with tails(place.connection) as topic:
        orders = await Orders.of(topic, replay.replay_id)
        ends_at = asyncio.get_running_loop().time() + LEASE_SECONDS
        while asyncio.get_running_loop().time() < ends_at:
            if any(isinstance(said, Replay) for said in await orders.said()):
                return True
            await asyncio.sleep(0.2)
    return False


async def pause(place: Workplace, known: KnownReplay, reason: str) -> Replay:
    """Ask the process that has it to stop, and wait until it has; one that is not there any more is stopped already.

    Raises:
        ConfigurationError: there is nothing to pause.
    """
    replay = known.replay
    if replay.state != "running":
        raise ConfigurationError(f"{replay.replay_id} is {replay.state}: there is nothing to pause")
    async with place.posting(REPLAYS) as to_kafka, tails(place.connection) as topic:
        orders = await Orders.of(topic, replay.replay_id)
        order = ReplayOrder(replay_id=replay.replay_id, operator=place.operator, at=datetime.now(UTC))
        await to_kafka.post(REPLAYS, [(replay.replay_id.encode(), order)])
        await _note(place, to_kafka, "replay.pause", replay, reason)
        return await _until_paused(place, orders, replay, to_kafka)


async def _until_paused(place: Workplace, orders: Orders, replay: Replay, to_kafka: Posting) -> Replay:
    clock = asyncio.get_running_loop()
    heard_at, ends_at = clock.time(), clock.time() + _PAUSED_WITHIN_SECONDS
    while clock.time() < ends_at:
        for said in await orders.said():
            if isinstance(said, Replay):
                replay, heard_at = said, clock.time()
        if replay.state != "running":
            return replay
        if clock.time() - heard_at > LEASE_SECONDS:
            replay = (await one_replay(place.connection, replay.replay_id)).replay
            if replay.state != "running":  # it ended before it could be asked
                return replay
            # Nobody runs it: it was killed. Where it is, whoever goes on finds out.
            replay = replay.model_copy(update={"state": "paused", "at": datetime.now(UTC)})
            await to_kafka.post(REPLAYS, [(replay.replay_id.encode(), replay)])
            return replay
        await asyncio.sleep(0.2)
    raise RetryLaterError(f"{replay.replay_id} runs on after {_PAUSED_WITHIN_SECONDS:.0f} s: look at its terminal")


async def _note(place: Workplace, to_kafka: Posting, action: str, replay: Replay, reason: str) -> None:
    figures: dict[str, str | int] = {"selection": replay.said, "expected": replay.expected}
    if replay.report is not None:
        figures |= replay.report.model_dump()
    figures["published"] = replay.published
    await to_kafka.note(audit_entry(action, replay.replay_id, figures, reason, place.operator))
