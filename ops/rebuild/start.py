"""`rollcall rebuild start`: computes a state in the foreground until it has caught up."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.console import Console

from ops.audit import audit_entry
from ops.backfill.display import bar
from ops.failure import found_wrong, stopping
from ops.options import Json, Reason
from ops.posting import posting_to
from ops.rebuild.alone import Alone
from ops.rebuild.carry import carry
from ops.rebuild.display import built_in_words
from ops.rebuild.emptying import empty
from ops.rebuild.groups import Groups
from ops.resync.workers import workers
from ops.workplace import worker_configuration
from processors.engine.naming import checked_state_name, rebuild_group
from readmodel.words import counted
from runtime.environment import data_dir_of
from runtime.kafka import KafkaConnection
from runtime.logs import configure_logging
from runtime.models import Configuration
from runtime.states import States, read_states
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.states import FIRST_STATE, RebuiltState
from schemas.topics import STATES, rebuild_topics

if TYPE_CHECKING:
    from processors.rebuild_app import RebuildProgress

_AGAIN = "Start it again with the same name: it goes on where it stood."


def start(
    name: Annotated[str, typer.Argument(help="Of the new state: lower-case letters, digits and `-`.")],
    rate: Annotated[
        float | None, typer.Option(min=1, help="Raw events and answers of Zoom per second; without it: all there is.")
    ] = None,
    ask_zoom: Annotated[
        bool, typer.Option("--ask-zoom", help="Ask Zoom, behind all live work, what it was never asked.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on beside the worker once it has caught up, until SIGTERM.")
    ] = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Compute attendance and engagement anew beside the live tables, by the configuration as it is now.

    Reads the raw events and Zoom's answers from their beginning, in the foreground; calls neither Zoom nor Brevo, and
    disturbs no worker. Its tables, topics and consumer group have names of their own. What the raw topic no longer
    holds is taken over from the live tables. Stopped or killed, it goes on where it stood when it is started again; one
    that has given up questions begins anew when it is started again with --ask-zoom.
    Then `rollcall rebuild diff NAME` shows what is different. Needs ROLLCALL_DATA_DIR for its tables, in a folder of
    their own. Noted in the audit topic. Exit code 1: stopped before it had caught up.
    """
    configure_logging("ERROR")
    with stopping(_AGAIN, as_json=as_json):
        told = _run(_Start(checked_state_name(name), rate, ask_zoom, follow, reason))
    if told is None:
        raise found_wrong(f"stopped before it had caught up. {_AGAIN}", as_json=as_json)
    if as_json:
        typer.echo(orjson.dumps(told.model_dump(mode="json")).decode())


async def startable(connection: KafkaConnection, name: str) -> States:
    """The states, where this one may be computed, or gone on with.

    Raises:
        ConfigurationError: the name is not to be had.
        RetryLaterError: Kafka does not answer.
    """
    states = await read_states(connection)
    known, live = states.rebuilt.get(name), states.live
    if name in (FIRST_STATE, live.state) or name in live.positions:
        raise ConfigurationError(f"{name}: is or was live; choose another name")
    if known is not None and known.stage == "dropped":
        raise ConfigurationError(f"{name}: was dropped, and its name is used up; choose another one")
    if await workers(connection, rebuild_group(name)):
        raise ConfigurationError(
            f"{name}: somebody is computing it; wait for that, or some seconds after it was killed"
        )
    return states


def _run(order: _Start) -> RebuiltState | None:
    from processors.worker.data_dir import (  # noqa: PLC0415 (a help page needs neither this nor Faust)
        keep_files_private,
        locked_data_dir,
    )
    from runtime.event_loop import EventLoop  # noqa: PLC0415 (nor uvloop)

    keep_files_private()
    with locked_data_dir(order.folder), asyncio.Runner(loop_factory=EventLoop) as runner:
        return runner.run(order.run())


class _Start:
    """One run of the command."""

    def __init__(self, name: str, rate: float | None, ask_zoom: bool, follow: bool, reason: str) -> None:
        self.name = name
        self.folder = data_dir_of(os.environ) / "rebuilds" / name
        """For its tables."""
        self._rate, self._ask_zoom, self._follow, self._reason = rate, ask_zoom, follow, reason
        self._connection = KafkaConnection.from_environment(os.environ)
        self._configuration: Configuration = worker_configuration(os.environ)
        self._console = Console(stderr=True)

    async def run(self) -> RebuiltState | None:
        """The state as it is noted once it has caught up; ``None``: stopped before."""
        from processors.rebuild_app import RebuildOrder, create_topics, run_rebuild  # noqa: PLC0415 (as above)

        gc.freeze()  # as the worker does
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        states = await startable(self._connection, self.name)
        known = states.rebuilt.get(self.name)
        if known is not None and known.goes_on(asks_zoom=self._ask_zoom):
            self._say(f"going on with {self.name}, begun at {known.started_at:%Y-%m-%d %H:%M} UTC")
            state = known
            await create_topics(self._connection, self._configuration, self.name)
        else:
            state = await self._begin(states.live.state, known)
        order = RebuildOrder(self.name, self._rate, self._ask_zoom, self._follow)
        version = metadata.version("rollcall-connector")
        with bar(self._console, "records") as shows:
            alone = Alone(self.name, lambda: workers(self._connection, rebuild_group(self.name)))
            noted = _Noted(state, self._built, shows, alone)
            await run_rebuild(order, self._configuration, self._connection, self.folder, version, stop, noted.tell)
        return noted.built

    async def _begin(self, live: str, known: RebuiltState | None) -> RebuiltState:
        """Note it, and take over what has to be; what an earlier start has left, if there was one, is done away with.

        From the note on that it takes over until the note that it computes, killed at any point, it begins anew.
        """
        from processors.rebuild_app import READS, create_topics  # noqa: PLC0415 (as above)
        from processors.worker.data_dir import empty_data_dir  # noqa: PLC0415 (as above)

        begun_at, version = datetime.now(UTC), metadata.version("rollcall-connector")
        state = RebuiltState(name=self.name, stage="carrying", started_at=begun_at, version=version, beside=live)
        await self._note(state, "rebuild.start")
        if known is not None:
            if known.stage == "handed_over":
                self._say(f"{self.name} begins anew: a switch to it was begun, and the live state has gone on since")
            elif known.unanswered:
                self._say(f"{self.name} begins anew: {known.unanswered} questions were given up, and Zoom is asked now")
            empty_data_dir(self.folder)
            await empty(self._connection, self.name)
        await create_topics(self._connection, self._configuration, self.name)
        # An empty group would begin there anyway; that of an earlier start may not. Of topics that are deleted, which
        # are the state's own, Kafka forgets positions by itself.
        groups = self._groups()
        await groups.move(rebuild_group(self.name), await groups.earliest(READS))
        partitions = self._configuration.kafka.partitions
        carried = await carry(self._connection, partitions, live, self.name, begun_at)
        if carried.horizon is not None:
            self._say(
                f"carried over {carried.rows} rows, of {carried.objects} webinars and meetings among others: "
                f"the raw topic does not hold all from before {carried.horizon:%Y-%m-%d %H:%M} UTC"
            )
        state = state.model_copy(
            update={
                "stage": "computing",
                "horizon": carried.horizon,
                "carried_objects": carried.objects,
                "carried_rows": carried.rows,
            }
        )
        await self._note(state, None)
        return state

    async def _built(self, state: RebuiltState, handled: int, seconds: float, unanswered: int) -> RebuiltState:
        letters = [topic.name for topic in rebuild_topics() if topic.name.endswith(".dlq")]
        ends = await self._groups().ends(letters)
        dead = sum(sum(of_topic.values()) for of_topic in ends.values())
        built = state.model_copy(
            update={"stage": "built", "built_at": datetime.now(UTC), "unanswered": unanswered, "dead_letters": dead}
        )
        await self._note(built, "rebuild.built")
        self._say("\n".join(built_in_words(built, f"{counted(handled, 'record')} in {seconds:.1f} s, ")))
        return built

    def _groups(self) -> Groups:
        from processors.rebuild_app import names_of  # noqa: PLC0415 (as above)

        names = names_of(self._connection.topic_prefix, self.name)
        return Groups(self._connection, names, self._configuration.kafka.partitions)

    async def _note(self, state: RebuiltState, action: str | None) -> None:
        async with posting_to(self._connection, self._configuration.kafka, STATES) as to_kafka:
            await to_kafka.post(STATES, [(state.name.encode(), state)])
            if action is not None:
                details: dict[str, str | int] = {
                    "carried": state.carried_rows, "unanswered": state.unanswered, "dead_letters": state.dead_letters,
                }  # fmt: skip
                await to_kafka.note(audit_entry(action, state.name, details, self._reason))

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


Built = Callable[[RebuiltState, int, float, int], Awaitable[RebuiltState]]
"""(state as it was noted, records handled, seconds, questions without an answer) -> as it is noted now."""


class _Noted:
    """Shows progress, and notes once that the state has caught up."""

    def __init__(self, state: RebuiltState, note: Built, shows: Callable[[int, int], object], alone: Alone) -> None:
        self.built: RebuiltState | None = None
        self._state = state
        self._note = note
        self._shows = shows
        self._alone = alone
        self._began: tuple[float, int] | None = None

    async def tell(self, progress: RebuildProgress) -> None:
        """What `run_rebuild` tells."""
        with suppress(RetryLaterError):  # it waits for Kafka, too
            await self._alone.look(owns_all=progress.owns_all)
        if progress.handled and self._began is None:
            self._began = time.monotonic(), progress.handled
        self._shows(progress.handled, progress.handled + progress.waiting)
        if progress.is_caught_up:
            since = self._began[0] if self._began else time.monotonic()
            seconds = time.monotonic() - since
            self.built = await self._note(self._state, progress.handled, seconds, progress.unanswered)
