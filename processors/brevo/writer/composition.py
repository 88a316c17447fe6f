"""Makes the parts of the writer from what the sink is given."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry

from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.budget import WriterFigures
from processors.brevo.decisions.erasure import AGENT
from processors.brevo.decisions.families import Family
from processors.brevo.decisions.open_commands import OpenCommands
from processors.brevo.decisions.sending_rules import SendingRules
from processors.brevo.writer.access import Access
from processors.brevo.writer.asking import Asker
from processors.brevo.writer.batch_log import BatchLog
from processors.brevo.writer.campaigns import CampaignChannel
from processors.brevo.writer.channels import Channel
from processors.brevo.writer.checked import Checker
from processors.brevo.writer.confirmations import ConfirmationChannel
from processors.brevo.writer.event_channel import EventChannel
from processors.brevo.writer.lists import ListWatch
from processors.brevo.writer.metrics import BrevoMetrics, CallMetrics
from processors.brevo.writer.outcomes import Outcomes
from processors.brevo.writer.processes import ImportProcesses
from processors.brevo.writer.queues import ContactQueues
from processors.brevo.writer.recordings import Mailable, RecordingChannel
from processors.brevo.writer.sampler import Sampler
from processors.brevo.writer.schedule import WorkSchedule
from processors.brevo.writer.tools import WriterTools
from processors.brevo.writer.waiting import WaitingEvents
from runtime.brevo_models import Brevo


@dataclass(frozen=True, slots=True)
class SinkSetup:
    """What the sink is given."""

    api: BrevoClient
    settings: Brevo
    """Rates per second are those of the whole installation."""
    total_partitions: int
    """Of every topic; this worker uses its share of the rates."""
    clock: Callable[[], datetime]
    """Aware wall time."""
    registry: CollectorRegistry
    """Where the `rollcall_brevo_…` figures go."""
    version: str
    """Of the code, for dead letters."""
    list_keys: Mapping[int, str] = field(default_factory=dict)
    """By list id: where the configuration names it."""
    missing_lists: Collection[int] = ()
    """Those of them that Brevo does not have."""
    figures: WriterFigures = field(default_factory=WriterFigures)
    monotonic: Callable[[], float] = time.monotonic
    """Seconds that never go back."""
    spread: Callable[[], float] = random.random
    """0..1, so that workers do not retry together."""

    @property
    def rates(self) -> dict[Family, float]:
        """Calls per second; that of campaigns follows from the account's calls an hour."""
        settings = self.settings
        return {
            "contacts": settings.contacts_per_second,
            "events": settings.events_per_second,
            "mails": settings.mails_per_second,
            "confirmations": settings.contacts_per_second,
        }

    @property
    def ours_alone(self) -> frozenset[int]:
        """The lists of the configuration; who confirms a link in a mail is put on theirs by Brevo."""
        confirmed = {list_id for list_id, rule in self.settings.list_rules.items() if rule.rule == "doi"}
        return frozenset(self.list_keys) - confirmed


def tools_of(setup: SinkSetup, commands: OpenCommands) -> WriterTools:
    """What the parts of the writer share; `commands`: that are open, as the intake has read them."""
    api, settings, figures, now = setup.api, setup.settings, setup.figures, setup.monotonic
    metrics, calls = BrevoMetrics(setup.registry), CallMetrics(setup.registry)
    access = Access(setup.rates, settings.account_calls_per_hour, setup.total_partitions, figures, calls, now)
    asker = Asker(access, figures, setup.spread)
    lists = ListWatch(
        api, asker, metrics, keys=setup.list_keys, missing=setup.missing_lists, probe_seconds=figures.probe_seconds
    )
    schedule = WorkSchedule(
        ContactQueues(metrics, bulk_threshold=settings.bulk_threshold, gather_seconds=figures.gather_seconds, now=now),
        WaitingEvents(metrics),
        lists,
        commands,
        technical_list=settings.technical_list,
        overtaken_seconds=figures.overtaken_seconds,
        now=now,
    )
    return WriterTools(
        api=api,
        access=access,
        asker=asker,
        schedule=schedule,
        outcomes=Outcomes(schedule, metrics, setup.clock, BatchLog(now), agent=AGENT, version=setup.version),
        processes=ImportProcesses(api, asker, figures, now),
        sampler=Sampler(api, asker, metrics, settings.sample),
        checker=Checker(metrics, lists, settings.phone_region, setup.ours_alone),
        lists=lists,
        metrics=metrics,
        figures=figures,
        spread=setup.spread,
    )


def channels_of(setup: SinkSetup, tools: WriterTools, rules: SendingRules) -> dict[Family, Channel]:
    """The ways to do something at most once."""
    api, asker, schedule, settings = tools.api, tools.asker, tools.schedule, setup.settings
    mailable = Mailable(api, asker, schedule)
    return {
        "events": EventChannel(api, mailable, rules),
        "mails": RecordingChannel(api, mailable, trial=settings.recordings.trial),
        "confirmations": ConfirmationChannel(
            api, asker, schedule, settings.list_rules, may_create=settings.deleted == "ask"
        ),
        "campaigns": CampaignChannel(api, asker, settings.recordings, setup.clock),
    }
