"""The sink: brings contacts, lists and events to Brevo.

Consumes: commands of both priorities and its own results.
Produces: `brevo.results.v1`; rejected commands to the dead letters of their topic; `engagement.resyncs.v1`.
State: `brevo-ledger` (what Brevo acknowledged, what was sent once) and `brevo-pending` (what is open).
Order: per contact the newest upsert, then its events by date; contacts beside each other; live before bulk.
On failure: retried, parked, dead-lettered or in doubt, as `processors/brevo/decisions/answers.py` says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from typing_extensions import override

from processors.brevo.decisions.erasure import AGENT, sink_rule
from processors.brevo.decisions.ledger import BREVO_PENDING, LEDGER, RESUME, SUPPRESSIONS
from processors.brevo.decisions.open_commands import OpenCommands
from processors.brevo.decisions.sending_rules import SendingRules
from processors.brevo.decisions.suppression import IMPORT_ENDED
from processors.brevo.writer.catching_up import CatchingUp
from processors.brevo.writer.composition import SinkSetup, channels_of, tools_of
from processors.brevo.writer.events import EventSender
from processors.brevo.writer.imports import ImportWriter
from processors.brevo.writer.pump import Pump
from processors.brevo.writer.renewals import Renewals
from processors.brevo.writer.upserts import UpsertWriter
from processors.engine.effect import Effect, OwnAgent, RowChanges
from processors.engine.spec import AgentSpec
from processors.engine.view import PartitionStore, Rule
from runtime.brevo_models import Brevo
from runtime.calls import Answer
from schemas.brevo_feedback import BrevoFeedback, import_signature
from schemas.topics import BREVO_COMMANDS, BREVO_COMMANDS_BULK, BREVO_EVENTS, BREVO_RESULTS, ERASURES

SPEC = AgentSpec(
    AGENT,
    sources=(BREVO_COMMANDS, BREVO_COMMANDS_BULK, BREVO_RESULTS, BREVO_EVENTS, ERASURES),
    tables=(LEDGER, BREVO_PENDING, SUPPRESSIONS),
)


class SyncContact(Effect):
    """The effect `sync-contact` (`processors.engine.effect.Effect`).

    Args:
        setup: Brevo, and how this worker goes about it.
        judge_attributes: of the account, if it has not told them yet: nothing is written before.
    """

    rule: Rule

    def __init__(self, setup: SinkSetup, judge_attributes: Callable[[Answer], object] | None = None) -> None:
        settings = setup.settings
        rules, commands = SendingRules.of(settings), OpenCommands()
        self.rule = sink_rule(rules, frozenset(setup.list_keys), commands)
        self._judge_attributes = judge_attributes
        self._renewals = Renewals(setup.list_keys, setup.clock)
        self._catching_up = CatchingUp()
        tools = self._tools = tools_of(setup, commands)
        self._pump = Pump(
            tools,
            UpsertWriter(tools),
            EventSender(tools, channels_of(setup, tools, rules), settings.in_doubt, self._catching_up.wait),
            ImportWriter(tools, _notify_url(settings), deletions_told=settings.webhook.is_open),
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why calls to Brevo wait, for readiness; empty when they do not."""
        return self._tools.access.reasons + self._tools.lists.reasons

    def busy(self) -> list[str]:
        """Contacts that something is under way for."""
        return [task.contact for task in self._tools.schedule.busy()]

    def resume(self) -> None:
        """Go on after a call family was parked, as a person asked."""
        self._tools.access.resume()

    @override
    def load(self, partition: int, stores: Mapping[str, PartitionStore]) -> None:
        self._catching_up.begin(partition)
        self._pump.load(partition, stores, self._renewals.look_at)

    @override
    def applied(self, partition: int, changes: Mapping[str, RowChanges]) -> None:
        changed = changes.get(LEDGER, {})
        if RESUME in changed:
            self.resume()
        if (ended := changed.get(IMPORT_ENDED)) is not None:
            self._tools.processes.note_end(BrevoFeedback.from_bytes(ended).import_id or "")
        self._pump.applied(partition, [key for key in changed if key not in (RESUME, IMPORT_ENDED)])

    @override
    def revoke(self, partition: int) -> None:
        self._pump.revoke(partition)

    @override
    async def run(self, agent: OwnAgent) -> None:
        self._catching_up.of(agent)
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(self._renewals.run(agent.post), name="brevo renewals")
            try:
                if self._judge_attributes is not None:
                    asking_for = self._tools.api.read_attributes
                    self._judge_attributes(await self._tools.asker.ask("contacts", asking_for, urgent=True))
                await self._pump.run(agent.post)
            finally:
                asking.cancel()


def _notify_url(settings: Brevo) -> Callable[[str, str], str | None]:
    """Makes the URL that Brevo calls at the end of an import; only we can make one that the ingress accepts."""
    address, token = settings.notify_url, settings.webhook.token
    if address is None or token is None:
        return lambda _import_id, _contact: None
    secret = token.get_secret_value()

    def url(import_id: str, contact: str) -> str:
        signature = import_signature(secret, import_id, contact)
        return f"{address}?{urlencode({'import': import_id, 'contact': contact, 'signature': signature})}"

    return url
