"""The sink: brings contacts, lists and events to Brevo.

Consumes: commands of both priorities and its own results.
Produces: `brevo.results.v1`; rejected commands to the dead letters of their topic; `engagement.resyncs.v1`.
State: `brevo-ledger` (what Brevo acknowledged, what was sent once) and `brevo-pending` (what is open).
Order: per contact the newest upsert, then its events by date; contacts beside each other; live before bulk.
On failure: retried, parked, dead-lettered or in doubt, as `processors/brevo/decisions/answers.py` says.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from urllib.parse import urlencode

from prometheus_client import CollectorRegistry
from typing_extensions import override

from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.budget import WriterFigures
from processors.brevo.decisions.erasure import AGENT, sink_rule
from processors.brevo.decisions.ledger import BREVO_PENDING, LEDGER, RESUME, SUPPRESSIONS
from processors.brevo.decisions.open_commands import OpenCommands
from processors.brevo.decisions.sending_rules import SendingRules
from processors.brevo.decisions.suppression import IMPORT_ENDED
from processors.brevo.writer.access import Access, Family
from processors.brevo.writer.asking import Asker
from processors.brevo.writer.batch_log import BatchLog
from processors.brevo.writer.campaigns import CampaignChannel
from processors.brevo.writer.catching_up import CatchingUp
from processors.brevo.writer.channels import Channel
from processors.brevo.writer.checked import Checker
from processors.brevo.writer.confirmations import ConfirmationChannel
from processors.brevo.writer.events import EventChannel, EventSender
from processors.brevo.writer.imports import ImportWriter
from processors.brevo.writer.lists import ListWatch
from processors.brevo.writer.metrics import BrevoMetrics, CallMetrics
from processors.brevo.writer.outcomes import Outcomes
from processors.brevo.writer.processes import ImportProcesses
from processors.brevo.writer.pump import Pump
from processors.brevo.writer.queues import ContactQueues
from processors.brevo.writer.recordings import Mailable, RecordingChannel
from processors.brevo.writer.renewals import Renewals
from processors.brevo.writer.sampler import Sampler
from processors.brevo.writer.schedule import WorkSchedule
from processors.brevo.writer.tools import WriterTools
from processors.brevo.writer.upserts import UpsertWriter
from processors.brevo.writer.waiting import WaitingEvents
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
        api: Brevo.
        settings: rates per second of the whole installation, and what becomes of events in doubt.
        total_partitions: of every topic; this worker uses its share of the rates.
        clock: aware wall time.
        registry: where the `rollcall_brevo_…` metrics go.
        version: of the code, for dead letters.
        list_keys: by list id: where the configuration names it.
        missing_lists: those of them that Brevo does not have.
        judge_attributes: of the account, if it has not told them yet: nothing is written before.
        figures: the writer's, if not the usual ones.
        monotonic: seconds that never go back.
        spread: 0..1, so that workers do not retry together.
    """

    rule: Rule

    def __init__(
        self,
        api: BrevoClient,
        settings: Brevo,
        *,
        total_partitions: int,
        clock: Callable[[], datetime],
        registry: CollectorRegistry,
        version: str,
        list_keys: Mapping[int, str] = MappingProxyType({}),
        missing_lists: Collection[int] = (),
        judge_attributes: Callable[[Answer], object] | None = None,
        figures: WriterFigures | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        spread: Callable[[], float] = random.random,
    ) -> None:
        metrics, figures = BrevoMetrics(registry), figures or WriterFigures()
        rates: dict[Family, float] = {
            "contacts": settings.contacts_per_second,
            "events": settings.events_per_second,
            "mails": settings.mails_per_second,
            "confirmations": settings.contacts_per_second,
        }
        rules = SendingRules.of(settings)
        commands = OpenCommands()
        self.rule = sink_rule(rules, frozenset(list_keys), commands)
        self._renewals = Renewals(list_keys, clock)
        self._access = Access(
            rates, settings.account_calls_per_hour, total_partitions, figures, CallMetrics(registry), monotonic
        )
        self._api, self._judge_attributes = api, judge_attributes
        asker = self._asker = Asker(self._access, figures, spread)
        self._lists = ListWatch(
            api, asker, metrics, keys=list_keys, missing=missing_lists, probe_seconds=figures.probe_seconds
        )
        queues = ContactQueues(
            metrics, bulk_threshold=settings.bulk_threshold, gather_seconds=figures.gather_seconds, now=monotonic
        )
        schedule = self._schedule = WorkSchedule(
            queues,
            WaitingEvents(metrics),
            self._lists,
            commands,
            technical_list=settings.technical_list,
            overtaken_seconds=figures.overtaken_seconds,
            now=monotonic,
        )
        outcomes = Outcomes(schedule, metrics, clock, BatchLog(monotonic), agent=SPEC.name, version=version)
        checker = Checker(metrics, self._lists, settings.phone_region, _ours_alone(list_keys, settings))
        processes = self._processes = ImportProcesses(api, asker, figures, monotonic)
        sampler = Sampler(api, asker, metrics, settings.sample)
        tools = WriterTools(
            api,
            self._access,
            asker,
            schedule,
            outcomes,
            processes,
            sampler,
            checker,
            self._lists,
            metrics,
            figures,
            spread,
        )
        mailable = Mailable(api, asker, schedule)
        channels: dict[Family, Channel] = {
            "events": EventChannel(api, mailable, rules),
            "mails": RecordingChannel(api, mailable, trial=settings.recordings.trial),
            "confirmations": ConfirmationChannel(
                api, asker, schedule, settings.list_rules, may_create=settings.deleted == "ask"
            ),
            "campaigns": CampaignChannel(api, asker, settings.recordings, clock),
        }
        self._catching_up = CatchingUp()
        self._pump = Pump(
            tools,
            UpsertWriter(tools),
            EventSender(tools, channels, settings.in_doubt, self._catching_up.wait),
            ImportWriter(tools, _notify_url(settings), deletions_told=settings.webhook.is_open),
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why calls to Brevo wait, for readiness; empty when they do not."""
        return self._access.reasons + self._lists.reasons

    def busy(self) -> list[str]:
        """Contacts that something is under way for."""
        return [task.contact for task in self._schedule.busy()]

    def resume(self) -> None:
        """Go on after a call family was parked, as a person asked."""
        self._access.resume()

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
            self._processes.note_end(BrevoFeedback.from_bytes(ended).import_id or "")
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
                    self._judge_attributes(await self._asker.ask("contacts", self._api.read_attributes, urgent=True))
                await self._pump.run(agent.post)
            finally:
                asking.cancel()


def _ours_alone(list_keys: Mapping[int, str], settings: Brevo) -> frozenset[int]:
    """The lists of the configuration; who confirms a link in a mail is put on theirs by Brevo."""
    confirmed = {list_id for list_id, rule in settings.list_rules.items() if rule.rule == "doi"}
    return frozenset(list_keys) - confirmed


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
