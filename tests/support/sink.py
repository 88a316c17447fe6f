"""The sink beside a scripted Brevo and an engine in memory, with small waits."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from processors.brevo.agent import SPEC, SyncContact
from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.budget import WriterFigures
from processors.brevo.decisions.ledger import BREVO_PENDING, LEDGER, ContactRow, EventRow, contact_key
from processors.brevo.writer.composition import SinkSetup
from processors.engine.memory import MemoryEngine
from runtime.brevo_models import Brevo
from schemas.brevo import CommandResult, OnceCommand, UpsertContact
from schemas.cloud_events import Headers
from schemas.codec import contact_id
from schemas.topics import BREVO_COMMANDS, BREVO_COMMANDS_BULK, BREVO_RESULTS
from tests.support.brevo_commands import MAYA
from tests.support.scripted_brevo import ScriptedBrevo, serve_brevo

QUICK = WriterFigures(
    probe_seconds=0.05,
    first_backoff_seconds=0.01,
    last_backoff_seconds=0.05,
    resend_grace_seconds=0.05,
    overtaken_seconds=0,
    look_again_seconds=0.02,
    drain_seconds=0,
    gather_seconds=0,
    quiet_seconds=0.02,
    patience_seconds=0.2,
    import_polls=(0.02, 0.04),
    import_poll_seconds=0.05,
    import_grace_seconds=0.02,
)
FINISHED = datetime(2026, 11, 20, 17, 0, 3, tzinfo=UTC)
API_KEY = "xkeysib-invented"


class Sink:
    """One installation; `start` begins a worker of it, as often as wanted."""

    def __init__(self, url: str, partitions: int) -> None:
        self.url = url
        self.engine = MemoryEngine(SPEC, partitions)
        self.registry = CollectorRegistry()
        self.seconds_ahead = 0.0
        """Of the workers' monotonic clock: time that has passed without waiting for it."""
        self._clients: list[BrevoClient] = []

    def build(self, figures: WriterFigures = QUICK, url: str | None = None, **settings: Any) -> SyncContact:
        """A worker's sink with its own client and metrics; a thousand calls a second if not said otherwise."""
        client = BrevoClient(SecretStr(API_KEY), url or self.url)
        self._clients.append(client)
        self.registry = CollectorRegistry()
        judge_attributes = settings.pop("judge_attributes", None)
        account = {name: settings.pop(name) for name in ("list_keys", "missing_lists") if name in settings}
        setup = SinkSetup(
            client,
            Brevo(**{"contacts_per_second": 1_000, "events_per_second": 1_000, "sample": 0} | settings),
            **account,
            total_partitions=self.engine.partitions,
            clock=lambda: FINISHED,
            registry=self.registry,
            version="0.1.0",
            figures=figures,
            monotonic=lambda: time.monotonic() + self.seconds_ahead,
            spread=lambda: 0.0,
        )
        return SyncContact(setup, judge_attributes)

    def start(
        self, figures: WriterFigures = QUICK, url: str | None = None, *, held: bool = False, **settings: Any
    ) -> SyncContact:
        """A new worker that owns all partitions; `held`: it handles nothing before the engine's `turn`."""
        effect = self.build(figures, url, **settings)
        self.engine.start(effect, held=held)
        return effect

    def effect(self) -> SyncContact:
        """The running worker's sink."""
        assert isinstance(self.engine.effect, SyncContact)
        return self.engine.effect

    def send(self, *commands: UpsertContact | OnceCommand, bulk: bool = False, headers: Headers = ()) -> None:
        """Publish commands."""
        topic = BREVO_COMMANDS_BULK if bulk else BREVO_COMMANDS
        for command in commands:
            self.engine.send(topic.name, command.contact_id, command.to_bytes(), headers)

    async def settled(self) -> None:
        """Wait until nothing is open but what is in doubt."""
        await self.engine.until(lambda: not self.open())

    def open(self) -> list[bytes]:
        """Keys of what is neither final nor in doubt."""
        pending = self._rows(BREVO_PENDING)
        states = self.states() if pending else {}
        return [key for key in pending if states.get(key.decode()) != "in_doubt"]

    def states(self) -> dict[str, str]:
        """State of every event row by its key."""
        rows = self._rows(LEDGER).items()
        return {key.decode(): EventRow.from_bytes(value).state for key, value in rows if b"/" in key}

    def contact(self, email: str = MAYA) -> ContactRow:
        """The row of a contact."""
        return ContactRow.from_bytes(self._rows(LEDGER)[contact_key(contact_id(email))])

    def results(self) -> list[CommandResult]:
        """Everything posted to the results, in order."""
        return [
            CommandResult.from_bytes(output.value)
            for output in self.engine.published
            if output.topic == BREVO_RESULTS.name and output.value is not None
        ]

    def outcomes(self) -> list[str]:
        """The outcomes posted, in order."""
        return [result.outcome for result in self.results()]

    def metric(self, name: str, **labels: str) -> float:
        """A sample of the running worker's metrics."""
        value = self.registry.get_sample_value(name, labels)
        assert value is not None, name
        return value

    async def close(self) -> None:
        """End the worker and its connections."""
        await self.engine.crash()
        for client in self._clients:
            await client.close()

    def _rows(self, table: str) -> dict[bytes, bytes]:
        tables: Iterable[Any] = self.engine.memory.values()
        return {key: value for stores in tables for key, value in stores[table].rows.items()}


@asynccontextmanager
async def sink_beside_brevo(partitions: int = 1) -> AsyncIterator[tuple[Sink, ScriptedBrevo]]:
    """A sink, not started, and its Brevo."""
    async with serve_brevo() as brevo:
        sink = Sink(brevo.url, partitions)
        try:
            yield sink, brevo
        finally:
            await sink.close()
