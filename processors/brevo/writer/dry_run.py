"""The sink without Brevo: says what it would do, and leaves all of it open for a worker that does it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from typing_extensions import override

from processors.brevo.decisions.erasure import sink_rule
from processors.brevo.decisions.ledger import LEDGER, RESUME, contact_of
from processors.brevo.decisions.open_commands import OpenCommands
from processors.brevo.decisions.open_work import contact_row, open_contacts, open_events
from processors.brevo.decisions.preview import event_preview, upsert_preview
from processors.brevo.decisions.sending_rules import SendingRules
from processors.brevo.decisions.suppression import IMPORT_ENDED
from processors.brevo.decisions.wanted import Known
from processors.brevo.writer.schedule import Stores
from processors.engine.effect import Effect, OwnAgent, RowChanges
from processors.engine.view import PartitionStore, Rule
from schemas.brevo import OnceCommand, UpsertContact

ChangeListener = Callable[[Mapping[str, Any]], None]
"""Is told each change that would be made, once (`processors.brevo.decisions.preview`)."""


class DryRunEffect(Effect):
    """The effect `sync-contact` when nothing may be called (`processors.engine.effect.Effect`).

    Commands are taken in as ever and stay open, so a later worker does what this one told of; nothing is lost.
    """

    rule: Rule

    def __init__(self, tell: ChangeListener, rules: SendingRules) -> None:
        self._commands = OpenCommands()
        self.rule = sink_rule(rules, commands=self._commands)
        self._tell = tell
        self._stores: dict[int, Stores] = {}
        self._reported: set[tuple[str, object]] = set()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Nothing is waited for."""
        return ()

    @override
    def load(self, partition: int, stores: Mapping[str, PartitionStore]) -> None:
        self._stores[partition] = stores
        self._look_at(partition, list(open_contacts(stores)))

    @override
    def applied(self, partition: int, changes: Mapping[str, RowChanges]) -> None:
        keys = [key for key in changes.get(LEDGER, {}) if key not in (RESUME, IMPORT_ENDED)]
        if partition in self._stores:
            self._look_at(partition, sorted({contact_of(key) for key in keys}))

    @override
    def revoke(self, partition: int) -> None:
        self._stores.pop(partition, None)
        self._commands.revoke(partition)

    @override
    async def run(self, agent: OwnAgent) -> None:
        """Nothing to do: what waits is told of when it comes."""
        await asyncio.Event().wait()

    def _look_at(self, partition: int, contacts: Iterable[str]) -> None:
        stores = self._stores[partition]
        for contact in contacts:
            row, read = contact_row(stores, contact), self._commands.reader(partition, contact)
            if row.pending is not None and self._is_new(contact, row.rank):
                command = read(row.pending)
                if isinstance(command, UpsertContact):
                    self._tell(upsert_preview(command, Known.of(row.state)))
            for key, event in open_events(stores, contact).items():
                if event.waiting is not None and event.state == "pending" and self._is_new(contact, key):
                    waiting = read(event.waiting)
                    if isinstance(waiting, OnceCommand):
                        self._tell(event_preview(waiting))
            self._commands.let_go(partition, contact)

    def _is_new(self, contact: str, what: object) -> bool:
        known = (contact, what) in self._reported
        self._reported.add((contact, what))
        return not known
