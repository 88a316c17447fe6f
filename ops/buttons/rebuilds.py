"""The buttons of `rollcall rebuild`: `start`, `diff`, `switch`, `switch --undo` and `drop`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from console.acting import Act, Answers, Field, digest_of
from ops.buttons.commands import ended
from ops.rebuild.diff import compared
from ops.rebuild.display import built_in_words, in_words
from ops.rebuild.drop import drop_state, droppable, what_is_lost
from ops.rebuild.start import startable
from ops.rebuild.switching import SwitchPlan, switch_over, switchable
from ops.resync.command import resync_configuration
from processors.engine.naming import checked_state_name
from runtime.kafka import KafkaConnection
from runtime.states import States
from schemas.errors import ConfigurationError
from schemas.states import RebuiltState

STATE = Field("state", "Which state", "Its name, as it was started.")
_NEW = Field("state", "Its name", "Lower-case letters, digits and dashes; that of one that was stopped goes on.")
_RATE = Field("rate", "Events a second", "At most; nothing: as fast as it goes.")
_ASK_ZOOM = Field("ask_zoom", "Ask Zoom what it was never asked", "Behind all live work.", "no", ("no", "yes"))
_FORCE = Field(
    "force", "Though it has not caught up", "What it lacks is taken back, and comes again.", "no", ("no", "yes")
)


def rebuild_acts(connection: KafkaConnection, environment: Mapping[str, str]) -> Iterator[Act]:
    """All of them; the environment names the configuration file, and the folder for a new state's tables."""
    yield StartButton(connection, environment)
    yield DiffButton(connection, environment)
    yield SwitchButton(connection, environment)
    yield UndoButton(connection, environment)
    yield DropStateButton(connection, environment)


@dataclass(frozen=True, slots=True)
class StartButton:
    """The tables, computed anew beside the live ones."""

    connection: KafkaConnection
    environment: Mapping[str, str]
    name: str = "rebuild.start"
    title: str = "Compute the tables anew"
    about: str = (
        "Computes attendance and engagement anew beside the live tables, by the configuration as it is now, on this "
        "console's machine; nothing live is changed. Stopped or killed, it goes on when it is asked for again."
    )
    fields: Sequence[Field] = (_NEW, _RATE, _ASK_ZOOM)

    def command(self, answers: Answers) -> str:
        """At a terminal."""
        return f"rollcall {shlex.join(start_words(answers))} --reason …"

    async def plan(self, answers: Answers) -> PlannedStart:
        """Of the states that there are now."""
        state, rate = checked_state_name(answers["state"]), answers["rate"]
        if rate and not (rate.isdecimal() and int(rate[:9]) >= 1):
            raise ConfigurationError("the events a second are a number from 1 on, or nothing")
        return PlannedStart(self.environment, answers, state, await startable(self.connection, state))


def start_words(answers: Answers) -> list[str]:
    """The command's, less the reason."""
    rate = ["--rate", answers["rate"]] if answers["rate"] else []
    ask = ["--ask-zoom"] if answers["ask_zoom"] == "yes" else []
    return ["rebuild", "start", answers["state"], *rate, *ask]


@dataclass(frozen=True, slots=True)
class PlannedStart:
    """The state that would be computed."""

    environment: Mapping[str, str]
    answers: Answers
    state: str
    states: States
    due: int = 1

    @property
    def lines(self) -> Sequence[str]:
        """What it means."""
        known = self.states.rebuilt.get(self.state)
        if known is not None and known.stage != "carrying":
            return [f"Go on with {self.state}, begun at {known.started_at:%Y-%m-%d %H:%M} UTC"]
        return [f"Compute {self.state} beside {self.states.live.state}, which stays live"]

    @property
    def digest(self) -> str:
        """Of the order, and what is there."""
        return digest_of(start_words(self.answers), self.lines)

    async def carry_out(self, operator: str, reason: str) -> Sequence[str]:
        """The command does it, in a process of its own: it computes for as long as the topics are long."""
        told = await ended(self.environment, operator, *start_words(self.answers), f"--reason={reason}")
        return list(built_in_words(RebuiltState.from_bytes(told)))


@dataclass(frozen=True, slots=True)
class DiffButton:
    """How another state differs; nothing is changed."""

    connection: KafkaConnection
    environment: Mapping[str, str]
    name: str = "rebuild.diff"
    title: str = "Compare a rebuilt state"
    about: str = (
        "Shows results, scores and Brevo commands that would differ if a state were live, each with its reason."
    )
    fields: Sequence[Field] = (STATE,)

    def command(self, answers: Answers) -> str:
        """At a terminal."""
        return f"rollcall rebuild diff {shlex.quote(answers['state'])}"

    async def plan(self, answers: Answers) -> PlannedNothing:
        """What the command shows."""
        state, configuration = _named(answers), resync_configuration(self.environment)
        states, found, messages = await compared(self.connection, configuration, state)
        return PlannedNothing(list(in_words(found, states.rebuilt.get(state), messages)))


@dataclass(frozen=True, slots=True)
class PlannedNothing:
    """Something to look at."""

    lines: Sequence[str]
    due: int = 0
    digest: str = ""

    async def carry_out(self, operator: str, reason: str) -> Sequence[str]:  # noqa: ARG002 (as every plan)
        """Nothing."""
        return self.lines


@dataclass(frozen=True, slots=True)
class SwitchButton:
    """Another state, made live."""

    connection: KafkaConnection
    environment: Mapping[str, str]
    name: str = "rebuild.switch"
    title: str = "Switch to a rebuilt state"
    about: str = (
        "Makes a state the live one; stop all workers first, and start them afterwards. What differs is told, and "
        "Brevo follows by differences alone. It can be undone until the other state is dropped."
    )
    fields: Sequence[Field] = (STATE, _FORCE)

    def command(self, answers: Answers) -> str:
        """At a terminal."""
        force = " --force" if answers["force"] == "yes" else ""
        return f"rollcall rebuild switch {shlex.quote(answers['state'])}{force} --reason …"

    async def plan(self, answers: Answers) -> PlannedSwitch:
        """Of the states that there are now."""
        return await planned_switch(self, _named(answers), force=answers["force"] == "yes")


@dataclass(frozen=True, slots=True)
class UndoButton:
    """A switch, taken back."""

    connection: KafkaConnection
    environment: Mapping[str, str]
    name: str = "rebuild.undo"
    title: str = "Undo the switch"
    about: str = (
        "Makes the state live again that was live before; put the configuration back and stop all workers first, and "
        "start them afterwards."
    )
    fields: Sequence[Field] = ()

    def command(self, answers: Answers) -> str:  # noqa: ARG002 (it asks nothing)
        """At a terminal."""
        return "rollcall rebuild switch --undo --reason …"

    async def plan(self, answers: Answers) -> PlannedSwitch:  # noqa: ARG002 (as above)
        """Of the states that there are now."""
        return await planned_switch(self, None, force=False)


async def planned_switch(button: SwitchButton | UndoButton, state: str | None, *, force: bool) -> PlannedSwitch:
    """As the command plans it."""
    configuration = resync_configuration(button.environment)
    return PlannedSwitch(button, await switchable(button.connection, configuration, state, force=force))


@dataclass(frozen=True, slots=True)
class PlannedSwitch:
    """The state that would be live."""

    button: SwitchButton | UndoButton
    plan: SwitchPlan
    due: int = 1

    @property
    def lines(self) -> Sequence[str]:
        """What it means."""
        return [self.plan.in_words(), "no worker runs"] if not self.plan.is_made else [self.plan.in_words()]

    @property
    def digest(self) -> str:
        """Of the states, and where they stand."""
        plan, live = self.plan, self.plan.states.live
        return digest_of(plan.target, live.generation, live.is_told, _sorted(plan.ours), _sorted(plan.theirs))

    async def carry_out(self, operator: str, reason: str) -> Sequence[str]:
        """As the command does."""
        configuration = resync_configuration(self.button.environment)
        done = await switch_over(self.button.connection, configuration, self.plan, operator, reason)
        return done.in_words()


@dataclass(frozen=True, slots=True)
class DropStateButton:
    """A state of the tables that is not live, deleted."""

    connection: KafkaConnection
    environment: Mapping[str, str]
    """Names the configuration file."""
    name: str = "rebuild.drop"
    title: str = "Drop a rebuilt state"
    about: str = (
        "Deletes a state of the tables that is not live: its topics, and what is noted of it. A switch from it can no "
        "longer be undone."
    )
    fields: Sequence[Field] = (STATE,)

    def command(self, answers: Answers) -> str:
        """At a terminal."""
        return f"rollcall rebuild drop {shlex.quote(answers['state'])} --reason …"

    async def plan(self, answers: Answers) -> PlannedDrop:
        """Of the states that there are now."""
        state = _named(answers)
        return PlannedDrop(self, state, await droppable(self.connection, state))


@dataclass(frozen=True, slots=True)
class PlannedDrop:
    """The state that would go."""

    button: DropStateButton
    state: str
    states: States
    due: int = 1

    @property
    def lines(self) -> Sequence[str]:
        """What it means."""
        return [what_is_lost(self.states, self.state), f"{self.states.live.state} is live, and stays so"]

    @property
    def digest(self) -> str:
        """Of the state, and which one is live."""
        live = self.states.live
        return digest_of(self.state, live.state, live.previous)

    async def carry_out(self, operator: str, reason: str) -> Sequence[str]:
        """As the command does."""
        configuration = resync_configuration(self.button.environment)
        connection = self.button.connection
        deleted = await drop_state(connection, configuration, self.states, self.state, operator, reason)
        return [f"{self.state} is dropped: {len(deleted)} topics were deleted"]


def _named(answers: Answers) -> str:
    if not answers["state"]:
        raise ConfigurationError("say which state")
    return answers["state"]


def _sorted(positions: Mapping[str, Mapping[int, int]]) -> list[tuple[str, list[tuple[int, int]]]]:
    return [(topic, sorted(of_topic.items())) for topic, of_topic in sorted(positions.items())]
