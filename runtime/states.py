"""Reads which state of the tables is live, and which were rebuilt beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from runtime.kafka import KafkaConnection
from runtime.reading import MissingTopicError, read_topic
from schemas.states import FIRST_STATE, LIVE_KEY, STATE_MESSAGE, LiveState, RebuiltState
from schemas.topics import STATES

FIRST_LIVE = LiveState(state=FIRST_STATE, at=datetime(1970, 1, 1, tzinfo=UTC))
"""Where nobody has switched yet."""


@dataclass(frozen=True, slots=True)
class States:
    """All that the topic says."""

    live: LiveState = FIRST_LIVE
    rebuilt: Mapping[str, RebuiltState] = field(default_factory=dict)
    """By name, dropped ones too: a name is used once."""

    @property
    def beside(self) -> list[str]:
        """States that have tables and are not live, by name."""
        kept = {state.name for state in self.rebuilt.values() if state.stage != "dropped"}
        return sorted({*kept, *self.live.positions} - {self.live.state})


async def read_states(connection: KafkaConnection) -> States:
    """All of them; where the topic is not there yet nobody has ever rebuilt anything.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    live, rebuilt = FIRST_LIVE, dict[str, RebuiltState]()
    try:
        async for record in read_topic(connection, STATES):
            if record.value is None:
                rebuilt.pop((record.key or b"").decode(), None)
                continue
            state = STATE_MESSAGE.validate_json(record.value)
            if isinstance(state, LiveState):
                live = state
            else:
                rebuilt[state.name] = state
    except MissingTopicError:
        return States()
    return States(live, rebuilt)


async def read_live(connection: KafkaConnection) -> LiveState:
    """The live one. As `read_states`."""
    live = FIRST_LIVE
    try:
        async for record in read_topic(connection, STATES, LIVE_KEY):
            if record.value is not None:
                live = LiveState.from_bytes(record.value)
    except MissingTopicError:
        return FIRST_LIVE
    return live
