"""`rollcall rebuild drop`: deletes a state that is not live; a switch to or from it can no longer be undone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import orjson
import typer

from ops.audit import audit_entry
from ops.failure import found_wrong, stopping
from ops.options import Json, Reason, Yes, agreed
from ops.rebuild.diff import Name
from ops.rebuild.emptying import delete, topics_of_state
from ops.resync.workers import workers
from ops.workplace import Workplace
from processors.engine.naming import rebuild_group
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from runtime.reading import partitions_of_topics
from runtime.states import States, read_states
from schemas.errors import ConfigurationError
from schemas.states import LIVE_KEY, RebuiltState
from schemas.topics import STATES

_AGAIN = "Repeat it: it deletes what is left."


def drop(name: Name, reason: Reason = "", yes: Yes = False, as_json: Json = False) -> None:
    """Delete a state that is not live: its changelogs, its topics, what is noted of it.

    A switch from it can no longer be undone, and its name cannot be taken again. The live state is never dropped. Its
    tables on disk, in ROLLCALL_DATA_DIR, are deleted by hand. Noted in the audit topic. Exit code 1: you said no, or
    Kafka does not answer.
    """
    configure_command_logging("ERROR")
    with stopping(_AGAIN, as_json=as_json):
        deleted = asyncio.run(_drop(name, reason, yes=yes))
    if deleted is None:
        raise found_wrong("nothing was changed", as_json=as_json)
    if as_json:
        typer.echo(orjson.dumps({"state": name, "topics": deleted}).decode())
    else:
        typer.echo(f"{name} is dropped: {len(deleted)} topics were deleted")


async def _drop(name: str, reason: str, *, yes: bool) -> list[str] | None:
    place = Workplace.here()
    states = await droppable(place.connection, name)
    if not agreed(f"{what_is_lost(states, name)}?", yes=yes):
        return None
    return await drop_state(place, states, name, reason)


async def droppable(connection: KafkaConnection, name: str) -> States:
    """The states, where this one may be dropped.

    Raises:
        ConfigurationError: it may not.
        RetryLaterError: Kafka does not answer.
    """
    states = await read_states(connection)
    _check(states, name)
    if await workers(connection, rebuild_group(name)):
        raise ConfigurationError(f"somebody is computing {name}: stop that first")
    return states


def what_is_lost(states: States, name: str) -> str:
    """What dropping it means, for whoever is asked."""
    live = states.live
    undone = f"; the switch from {name} to {live.state} cannot be undone then" if name == live.previous else ""
    return f"Drop {name}{undone}"


async def drop_state(place: Workplace, states: States, name: str, reason: str) -> list[str]:
    """Delete what is the state's alone; the topics that were deleted. `states` as `droppable` gives them.

    Raises:
        ConfigurationError: the cluster refuses.
        RetryLaterError: Kafka does not answer; do it again.
    """
    live = states.live
    known = states.rebuilt.get(name) or RebuiltState(
        name=name, stage="dropped", started_at=datetime.now(UTC), version="", beside=""
    )
    left = {state: at for state, at in live.positions.items() if state != name}
    previous = "" if live.previous == name else live.previous
    async with place.posting(STATES) as to_kafka:
        if left != live.positions or previous != live.previous:
            now = live.model_copy(update={"positions": left, "previous": previous})
            await to_kafka.post(STATES, [(LIVE_KEY, now)])
        await to_kafka.post(STATES, [(name.encode(), known.model_copy(update={"stage": "dropped"}))])
        found = await partitions_of_topics(place.connection)
        deleted = topics_of_state(name, found, place.connection.topic_prefix)
        await delete(place.connection, deleted)
        await to_kafka.note(audit_entry("rebuild.drop", name, {"topics": len(deleted)}, reason, place.operator))
    return deleted


def _check(states: States, name: str) -> None:
    """Raises `ConfigurationError`: it is not to be dropped."""
    if name == states.live.state:
        raise ConfigurationError(f"{name} is the live state: switch to another one before it is dropped")
    if not states.live.is_told:
        raise ConfigurationError(
            f"the switch to {states.live.state} was stopped before all was told: repeat it before {name} is dropped"
        )
    if name not in states.rebuilt and name not in states.live.positions:
        raise ConfigurationError(f"there is no state {name}")
