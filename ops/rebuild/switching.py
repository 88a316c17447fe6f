"""Makes another state the live one, or undoes that; told in steps of which each can be done again.

One record of `ops.states.v1` says which state is live, and workers read it when they start: that record is the switch.
What comes before it (offsets that are moved back) changes nothing for the state that is live until then, for reading
once more changes nothing; what comes after it (telling what differs, and noting who did it) can be done again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ops.audit import audit_entry
from ops.rebuild.diff import check_known
from ops.rebuild.groups import Groups, behind, earlier
from ops.rebuild.handing_over import hand_over
from ops.rebuild.telling import RetoldCounts, tell
from ops.resync.workers import workers
from ops.workplace import Workplace
from processors.engine.naming import APP_ID, Names, rebuild_group
from readmodel.words import counted
from runtime.kafka import KafkaConnection
from runtime.states import States, read_states
from schemas.errors import ConfigurationError
from schemas.states import LIVE_KEY, LiveState, RebuiltState, TopicPositions
from schemas.topics import (
    ATTENDANCE_RESULTS,
    ENGAGEMENT_RESYNCS,
    ENGAGEMENT_TICKS,
    HELD_EVENTS,
    KEPT_ANSWERS,
    LOOKUP_RESULTS,
    RAW_EVENTS,
    STATES,
    TICKS,
)

SOURCES = (RAW_EVENTS, LOOKUP_RESULTS)
"""What both a worker and a rebuild read."""
_OF_A_STATE = (*SOURCES, TICKS, ATTENDANCE_RESULTS, ENGAGEMENT_TICKS, ENGAGEMENT_RESYNCS)
"""What the agents of a state read in a worker."""
_OF_A_REBUILD = (TICKS, ATTENDANCE_RESULTS, ENGAGEMENT_TICKS, ENGAGEMENT_RESYNCS, HELD_EVENTS, KEPT_ANSWERS)
"""What a rebuild tells itself."""


@dataclass(frozen=True, slots=True)
class SwitchPlan:
    """A switch that can be made, while no worker runs."""

    states: States
    target: str
    """The state that shall be live."""
    ours: TopicPositions
    """Where the workers stand."""
    theirs: TopicPositions
    """Where the target stands."""

    @property
    def is_made(self) -> bool:
        """Whether the target is live already: an earlier switch was stopped before all was told."""
        return self.target == self.states.live.state

    def in_words(self) -> str:
        """What it does."""
        live = self.states.live
        if self.is_made:
            return f"Go on telling what differs, now that {live.state} is live instead of {live.previous}"
        return f"Make {self.target} live instead of {live.state}"


@dataclass(frozen=True, slots=True)
class Switched:
    """What a switch did."""

    live: str
    previous: str
    told: RetoldCounts
    workers: int
    """So many run already, started meanwhile."""

    @property
    def document(self) -> Mapping[str, str | int]:
        """For programs."""
        return {"live": self.live, "previous": self.previous, **self.told.details, "workers": self.workers}

    def in_words(self) -> list[str]:
        """Line by line."""
        told = self.told
        said = (
            f"{self.live} is live instead of {self.previous}. Told anew: "
            f"{counted(told.facts, 'result or registration', 'results and registrations')}, "
            f"{counted(told.scores, 'score')}, {counted(told.sessions, 'session')}. "
            f"Computed anew: {counted(told.contacts, 'contact')}."
        )
        if self.workers:
            return [said, "A worker was started meanwhile: restart it, or it goes on with the other state."]
        return [said, "Start the workers."]


async def switchable(place: Workplace, name: str | None, *, force: bool) -> SwitchPlan:
    """The switch to a state, where it can be made now.

    Args:
        place: with the configuration in force.
        name: of the state; ``None``: the one that was live before.
        force: also to a state that has not read all that the workers have.

    Raises:
        ConfigurationError: it cannot, and what to do first.
        RetryLaterError: Kafka does not answer.
    """
    connection = place.connection
    states = await read_states(connection)
    live = states.live
    target = live.previous if name is None else name
    if not live.is_told and target == live.state:
        return SwitchPlan(states, target, {}, {})
    _check(states, name, target)
    await _check_nobody(connection, APP_ID, "stop all workers first")
    groups = _groups(place)
    ours = await groups.positions(APP_ID, [topic.name for topic in _OF_A_STATE])
    theirs = live.positions.get(target)
    if theirs is None:
        theirs = await _rebuilt_positions(place, states.rebuilt[target], ours, force=force)
    return SwitchPlan(states, target, ours, theirs)


async def switch_over(place: Workplace, plan: SwitchPlan, reason: str) -> Switched:
    """Make it, tell what differs, and note it.

    Raises:
        ConfigurationError: a worker was started meanwhile.
        RetryLaterError: Kafka does not answer; do it again.
    """
    live = plan.states.live
    if not plan.is_made:
        if _after(plan).is_fresh:
            await _hand_over(place, plan)
        await _groups(place).move(APP_ID, earlier(plan.ours, plan.theirs))
        live = _after(plan)
        await _write(place, live)
    rebuilt = plan.states.rebuilt.get(live.state) if live.is_fresh else None
    told = await tell(place.connection, place.configuration, live, rebuilt)
    action = "rebuild.undo" if rebuilt is None else "rebuild.switch"
    details = {"instead_of": live.previous, "generation": live.generation, **told.details}
    async with place.posting() as to_kafka:
        await to_kafka.note(audit_entry(action, live.state, details, reason, place.operator))
    await _write(place, live.model_copy(update={"is_told": True}))
    return Switched(live.state, live.previous, told, await workers(place.connection) or 0)


def _after(plan: SwitchPlan) -> LiveState:
    live, target = plan.states.live, plan.target
    others = {name: at for name, at in live.positions.items() if name != target}
    return LiveState(
        state=target,
        previous=live.state,
        is_fresh=target not in live.positions,
        generation=live.generation + 1,
        positions={**others, live.state: plan.ours},
        is_told=False,
        at=datetime.now(UTC),
    )


def _check(states: States, name: str | None, target: str) -> None:
    """Raises `ConfigurationError`: it is not to be had."""
    if not states.live.is_told:
        raise ConfigurationError(
            f"the switch to {states.live.state} was stopped before all was told: repeat it first "
            f"(rollcall rebuild switch {states.live.state})"
        )
    if name is None and not target:
        raise ConfigurationError(f"there is nothing to undo: no state beside {states.live.state} was live")
    check_known(states, target)


async def _check_nobody(connection: KafkaConnection, group: str, advice: str) -> None:
    found = await workers(connection, group)
    if found is None:
        raise ConfigurationError(f"this user may not know who is in the group {group}: give it the right to")
    if found:
        raise ConfigurationError(f"{found} members are in the group {group}: {advice}")


async def _rebuilt_positions(
    place: Workplace, rebuilt: RebuiltState, ours: TopicPositions, *, force: bool
) -> TopicPositions:
    """Where the rebuild stands.

    Raises:
        ConfigurationError: it is not where the workers were, and nobody said that this does not matter.
    """
    from processors.rebuild_app import names_of  # noqa: PLC0415 (Faust takes a second)

    connection, name, group = place.connection, rebuilt.name, rebuild_group(rebuilt.name)
    await _check_nobody(connection, group, f"wait until `rollcall rebuild start {name}` has ended, or stop it")
    own = Groups(connection, names_of(connection.topic_prefix, name), place.configuration.kafka.partitions)
    topics = [topic.name for topic in _OF_A_REBUILD]
    unread = behind(await own.positions(group, topics), await own.ends(topics))
    theirs = await own.positions(group, [topic.name for topic in SOURCES])
    missing = behind(theirs, {topic.name: ours[topic.name] for topic in SOURCES})
    is_built = rebuilt.stage in ("built", "handed_over")
    if rebuilt.stage == "carrying" or ((not is_built or unread or missing) and not force):
        raise ConfigurationError(
            f"{name} is not where the workers were: {missing} raw events and answers, and {unread} records of its "
            f"own, are unread; let `rollcall rebuild start {name}` catch up, then switch"
        )
    return theirs


def _groups(place: Workplace) -> Groups:
    return Groups(place.connection, Names(place.connection.topic_prefix), place.configuration.kafka.partitions)


async def _hand_over(place: Workplace, plan: SwitchPlan) -> None:
    """What the live state is amid; noted before, since the live one may go on all the same if the switch is stopped."""
    handed = plan.states.rebuilt[plan.target].model_copy(update={"stage": "handed_over"})
    async with place.posting(STATES) as to_kafka:
        await to_kafka.post(STATES, [(handed.name.encode(), handed)])
    await hand_over(place, plan.states.live.state, plan.target, plan.ours, int(time.time() * 1000))


async def _write(place: Workplace, live: LiveState) -> None:
    async with place.posting(STATES) as to_kafka:
        await to_kafka.post(STATES, [(LIVE_KEY, live)])
