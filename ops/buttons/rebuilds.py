"""The button of `rollcall rebuild drop`; a switch is for whoever stops the workers for it, and a command alone."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.acting import Answers, Field, digest_of
from ops.rebuild.drop import drop_state, droppable, what_is_lost
from ops.resync.command import resync_configuration
from runtime.kafka import KafkaConnection
from runtime.states import States
from schemas.errors import ConfigurationError


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
    fields: Sequence[Field] = (Field("state", "Which state", "Its name, as it was started."),)

    def command(self, answers: Answers) -> str:
        """At a terminal."""
        return f"rollcall rebuild drop {shlex.quote(answers['state'])} --reason …"

    async def plan(self, answers: Answers) -> PlannedDrop:
        """Of the states that there are now."""
        if not answers["state"]:
            raise ConfigurationError("say which state")
        return PlannedDrop(self, answers["state"], await droppable(self.connection, answers["state"]))


@dataclass(frozen=True, slots=True)
class PlannedDrop:
    """The state that would go."""

    button: DropStateButton
    state: str
    states: States

    @property
    def due(self) -> int:
        """One state."""
        return 1

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
