"""One contact, as `score-engagement` keeps it and tells of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engagement.row_bytes import head_key
from processors.engine.memory_store import MemoryStore
from processors.engine.view import Output
from schemas.attendance import Notice, Registration, Result
from schemas.brevo import BREVO_COMMAND, BrevoCommand, TrackEvent, UpsertContact
from schemas.codec import unpack
from schemas.engagement import ContactScore
from schemas.topics import (
    BREVO_COMMANDS,
    BREVO_COMMANDS_BULK,
    ENGAGEMENT_SCORES,
)
from tests.support.contact_facts import CONTACT, configuration, records
from tests.support.rules import run

Fact = Registration | Result | Notice


class Contact:
    """Runs facts through the rule and keeps what came out."""

    def __init__(self, rule: ScoreEngagement | None = None) -> None:
        self.rule = rule or ScoreEngagement(configuration())
        self.store = MemoryStore()
        self.outputs: list[Output] = []

    def take(self, *facts: Fact, turn: int = 1) -> list[Output]:
        """Outputs of these facts."""
        outputs = run(self.rule, records(*facts), {ENGAGEMENT_TABLE: self.store}, turn=turn)
        self.outputs += outputs
        return outputs

    @property
    def commands(self) -> list[BrevoCommand]:
        """All commands so far."""
        return commands(self.outputs)

    @property
    def events(self) -> list[TrackEvent]:
        """All events so far."""
        return [command for command in self.commands if isinstance(command, TrackEvent)]

    @property
    def upsert(self) -> UpsertContact:
        """The last upsert."""
        return next(command for command in reversed(self.commands) if isinstance(command, UpsertContact))

    @property
    def score(self) -> ContactScore | None:
        """The last score; ``None`` after a tombstone or without any."""
        values = [output.value for output in self.outputs if output.topic == ENGAGEMENT_SCORES.name]
        return ContactScore.from_bytes(values[-1]) if values and values[-1] is not None else None

    @property
    def rows(self) -> dict[bytes, Any]:
        """The table as it is, without the counter of the head."""
        rows = {key: unpack(value) for key, value in self.store.rows.items()}
        rows[head_key(CONTACT)][0] = None
        return rows


def commands(outputs: Iterable[Output]) -> list[BrevoCommand]:
    """The Brevo commands among outputs, in order."""
    topics = (BREVO_COMMANDS.name, BREVO_COMMANDS_BULK.name)
    return [BREVO_COMMAND.validate_json(output.value or b"") for output in outputs if output.topic in topics]
