"""`rollcall rebuild switch`: makes another state the live one, and undoes that.

One record of `ops.states.v1` says which state is live, and workers read it when they start: that record is the switch.
What comes before it (offsets that are moved back) changes nothing for the state that is live until then, for reading
once more changes nothing; what comes after it (telling what differs) can be done again.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer

from ops.audit import audit_entry
from ops.failure import found_wrong, stopping
from ops.options import Json, Reason, Yes, agreed
from ops.posting import posting_to
from ops.rebuild.diff import check_known
from ops.rebuild.groups import Groups, behind, earlier
from ops.rebuild.telling import tell
from ops.resync.command import resync_configuration
from ops.resync.workers import workers
from processors.engine.naming import APP_ID, Names, rebuild_group
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from runtime.models import Configuration
from runtime.states import States, read_states
from schemas.errors import ConfigurationError
from schemas.states import LIVE_KEY, LiveState, Positions, RebuiltState
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
_AGAIN = "Repeat it: it goes on where it stood."


def switch(
    name: Annotated[str | None, typer.Argument(help="Of the state that shall be live.", show_default=False)] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Back to the state that was live before.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also to a state that has not caught up: what it lacks is taken back first.")
    ] = False,
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Make a state the live one, or undo that; while no worker runs.

    Stop all workers, let `rollcall rebuild start NAME` catch up once more, switch, and start the workers: they read
    which state is live when they start. What differs is told on the public topics, and commands are computed anew for
    the contacts whom it concerns; the ledger of what Brevo has, and which events it was sent, stays. No event is sent.
    It can be undone until the other state is dropped: put the configuration back, too. Stopped in between, it is to be
    repeated. Noted in the audit topic. Exit code 1: you said no, or Kafka does not answer.
    """
    configure_command_logging("ERROR")
    if (name is None) != undo:
        raise typer.BadParameter("give the name of a state, or --undo")
    with stopping(_AGAIN, as_json=as_json):
        told = asyncio.run(_Switch(reason, force=force, yes=yes).run(name))
    if told is None:
        raise found_wrong("nothing was changed", as_json=as_json)
    if as_json:
        typer.echo(orjson.dumps(told).decode())
    else:
        typer.echo(
            f"{told['live']} is live instead of {told['previous']}: {told['facts']} results and registrations, "
            f"{told['scores']} scores and {told['sessions']} sessions were told anew, "
            f"{told['contacts']} contacts are computed anew.\nStart the workers."
        )
    if told["workers"]:
        typer.echo("a worker was started meanwhile: restart it, or it goes on with the other state", err=True)


class _Switch:
    """One run of the command."""

    def __init__(self, reason: str, *, force: bool, yes: bool) -> None:
        self._reason, self._force, self._yes = reason, force, yes
        self._connection = KafkaConnection.from_environment(os.environ)
        self._configuration: Configuration = resync_configuration(os.environ)
        names = Names(self._connection.topic_prefix)
        self._groups = Groups(self._connection, names, self._configuration.kafka.partitions)

    async def run(self, name: str | None) -> dict[str, Any] | None:
        """What was done, ``None``: a person said no."""
        states = await read_states(self._connection)
        live = states.live
        target = live.previous if name is None else name
        if not live.is_told and target == live.state:
            return await self._tell(states, live)
        self._check(states, name, target)
        await self._check_nobody(APP_ID, "stop all workers first")
        return await self._switch(states, target)

    async def _switch(self, states: States, target: str) -> dict[str, Any] | None:
        live, rebuilt = states.live, states.rebuilt.get(target)
        ours = await self._groups.positions(APP_ID, [topic.name for topic in _OF_A_STATE])
        theirs = live.positions.get(target) or await self._rebuilt_positions(target, rebuilt, ours)
        if not agreed(f"Make {target} live instead of {live.state}?", yes=self._yes):
            return None
        now = LiveState(
            state=target,
            previous=live.state,
            is_fresh=target not in live.positions,
            generation=live.generation + 1,
            positions={**{name: at for name, at in live.positions.items() if name != target}, live.state: ours},
            is_told=False,
            at=datetime.now(UTC),
        )
        await self._groups.move(APP_ID, earlier(ours, theirs))
        await self._write(now)
        return await self._tell(states, now)

    async def _tell(self, states: States, live: LiveState) -> dict[str, Any]:
        """What differs, and that it is done."""
        rebuilt = states.rebuilt.get(live.state) if live.is_fresh else None
        told = await tell(self._connection, self._configuration, live, rebuilt)
        await self._write(live.model_copy(update={"is_told": True}))
        action = "rebuild.undo" if rebuilt is None else "rebuild.switch"
        async with posting_to(self._connection, self._configuration.kafka) as to_kafka:
            details = {"instead_of": live.previous, "generation": live.generation, **told.details}
            await to_kafka.note(audit_entry(action, live.state, details, self._reason))
        running = await workers(self._connection)
        return {"live": live.state, "previous": live.previous, **told.details, "workers": running or 0}

    def _check(self, states: States, name: str | None, target: str) -> None:
        """Raises `ConfigurationError`: it is not to be had."""
        if not states.live.is_told:
            raise ConfigurationError(
                f"the switch to {states.live.state} was stopped before all was told: repeat it first "
                f"(rollcall rebuild switch {states.live.state})"
            )
        if name is None and not target:
            raise ConfigurationError(f"there is nothing to undo: no state beside {states.live.state} was live")
        check_known(states, target)

    async def _check_nobody(self, group: str, advice: str) -> None:
        found = await workers(self._connection, group)
        if found is None:
            raise ConfigurationError(f"this user may not know who is in the group {group}: give it the right to")
        if found:
            raise ConfigurationError(f"{found} members are in the group {group}: {advice}")

    async def _rebuilt_positions(self, name: str, rebuilt: RebuiltState | None, ours: Positions) -> Positions:
        """Where the rebuild stands.

        Raises:
            ConfigurationError: it is not where the workers were, and nobody said that this does not matter.
        """
        from processors.rebuilding import names_of  # noqa: PLC0415 (Faust takes a second)

        assert rebuilt is not None  # check_known has seen to it
        group = rebuild_group(name)
        await self._check_nobody(group, f"wait until `rollcall rebuild start {name}` has ended, or stop it")
        partitions, prefix = self._configuration.kafka.partitions, self._connection.topic_prefix
        own = Groups(self._connection, names_of(prefix, name), partitions)
        topics = [topic.name for topic in _OF_A_REBUILD]
        unread = behind(await own.positions(group, topics), await own.ends(topics))
        theirs = await own.positions(group, [topic.name for topic in SOURCES])
        missing = behind(theirs, {topic.name: ours[topic.name] for topic in SOURCES})
        if rebuilt.stage == "carrying" or ((rebuilt.stage != "built" or unread or missing) and not self._force):
            raise ConfigurationError(
                f"{name} is not where the workers were: {missing} raw events and answers, and {unread} records of its "
                f"own, are unread; let `rollcall rebuild start {name}` catch up, then switch"
            )
        return theirs

    async def _write(self, live: LiveState) -> None:
        async with posting_to(self._connection, self._configuration.kafka, STATES) as to_kafka:
            await to_kafka.post(STATES, [(LIVE_KEY, live)])
