"""The worker's composition root: clients, agents, engine, admin port."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial

import aiohttp
from prometheus_client import CollectorRegistry

from processors.agents import STATE_TABLES, changelogs, scoring_agent, tracking_agent, tracking_rule, tracking_settings
from processors.brevo import agent as sync_contact
from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.configured_lists import keys_of_lists
from processors.brevo.decisions.sending_rules import SendingRules
from processors.brevo.writer.bootstrap import check_attributes, check_templates, judge_attributes, missing_lists
from processors.brevo.writer.composition import SinkSetup
from processors.brevo.writer.dry_run import DryRunEffect
from processors.engine.confirmed_publisher import ConfirmedPublisher
from processors.engine.continuity import Continuity
from processors.engine.faust_agent import BatchAgent
from processors.engine.faust_engine import Engine
from processors.engine.faust_worker import EngineWorker
from processors.engine.halt import Halt
from processors.engine.naming import APP_ID, Names, fence_name
from processors.worker.process import WorkerProcess, facts_of, identity_of
from processors.worker.readiness_log import telling
from processors.worker.reporting import reporting
from processors.worker.settings import WorkerSettings
from processors.zoom import agent as look_up
from processors.zoom.api.client import ZoomClient
from processors.zoom.api.login_store import LoginStore
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.api.setup import ClientSetup
from processors.zoom.features import missing_scopes
from processors.zoom.metrics import LookupMetrics
from runtime.admin import AdminServer
from runtime.groups import check_group
from runtime.kafka import KafkaConnection
from runtime.states import FIRST_LIVE, read_live
from runtime.topics import ensure_topics
from runtime.unread import deleted_unread
from schemas.errors import RetryLaterError
from schemas.states import FIRST_STATE, LiveState
from schemas.topics import STATES, TICKS, all_topics

KAFKA_RETRY_SECONDS, HALT_SECONDS = 1.0, 1.0
"""Between looks whether a halted worker may go on."""
Sink = sync_contact.SyncContact | DryRunEffect

log = logging.getLogger(__name__)


async def run_worker(settings: WorkerSettings, stop: asyncio.Event) -> None:
    """Run until `stop` is set, then drain. Waits for Kafka, with readiness 503, for as long as it is away.

    Raises:
        ConfigurationError: the topics on the cluster do not fit, a right on it is missing, or the admin port is taken.
        FatalError: something that would lose records; nothing was acknowledged.
    """
    registry = CollectorRegistry()
    process = WorkerProcess()
    admin = settings.environment.admin
    names = settings.environment.admin_names
    server = AdminServer(
        admin.host, admin.port, process="worker", live=process.live, ready=process.ready, registry=registry, names=names
    )
    await server.start()
    try:
        identity = identity_of(settings)
        async with (
            reporting(settings.environment.kafka, identity, process.condition, registry),
            telling(facts_of(settings), process.situation),
        ):
            if not await _wait_until_released(settings, process, stop):
                return
            live = await _wait_for_kafka(settings, stop)
            if live is None:
                return
            async with built_worker(settings, registry, live) as (worker, *effects):
                process.worker, process.effects = worker, tuple(effects)
                await worker.run(stop)
                log.info("drained")
    finally:
        await server.stop()


@asynccontextmanager
async def built_worker(
    settings: WorkerSettings, registry: CollectorRegistry, live: LiveState = FIRST_LIVE
) -> AsyncIterator[tuple[EngineWorker, look_up.LookUp, Sink]]:
    """Compose agents, effects and engine on the live state; the clients are closed at the end."""
    configuration, environment = settings.configuration, settings.environment
    connection = environment.kafka
    async with AsyncExitStack() as stack:
        engine = Engine.build(
            connection,
            configuration.kafka,
            environment.data_dir,
            Names(connection.topic_prefix, live.state, STATE_TABLES),
            settings.version,
            registry,
        )
        brevo = configuration.brevo
        assert brevo.api_key is not None  # load_worker has seen to it
        ensure_owner = engine.publisher.ensure_owner
        brevo_client = BrevoClient(brevo.api_key, environment.brevo_api_base_url, before_write=ensure_owner)
        stack.push_async_callback(brevo_client.close)
        told = await check_attributes(brevo_client, configuration)
        await check_templates(brevo_client, configuration.brevo)
        missing = await missing_lists(brevo_client, configuration)
        zoom = await stack.enter_async_context(_zoom_effect(settings, registry, engine.publisher))
        sink = sink_of(settings, brevo_client, registry, missing, attributes_told=told)
        agents = [
            tracking_agent(engine, tracking_rule(tracking_settings(configuration, live))),
            BatchAgent(engine, look_up.SPEC, zoom),
            scoring_agent(engine, configuration, live),
            BatchAgent(engine, sync_contact.SPEC, sink),
        ]
        yield EngineWorker(engine, agents, continuity_of(settings, live.state)), zoom, sink


def continuity_of(settings: WorkerSettings, state: str = FIRST_STATE) -> Continuity:
    """What knows which Kafka the worker's tables are of."""
    environment = settings.environment
    prefix = environment.kafka.topic_prefix
    return Continuity(environment.kafka, environment.data_dir, [f"{prefix}{name}" for name in changelogs(state)])


def sink_of(
    settings: WorkerSettings,
    client: BrevoClient,
    registry: CollectorRegistry,
    lists_missing: Collection[int],
    *,
    attributes_told: bool = True,
) -> Sink:
    """What calls Brevo, or says what it would do (`worker --dry-run`).

    `lists_missing` are those of the configuration that Brevo does not have; `attributes_told`: it was asked about its
    attributes, and has answered.
    """
    configuration = settings.configuration
    if settings.tell is not None:
        return DryRunEffect(settings.tell, SendingRules.of(configuration.brevo))
    setup = SinkSetup(
        client,
        configuration.brevo,
        total_partitions=configuration.kafka.partitions,
        clock=lambda: datetime.now(UTC),
        registry=registry,
        version=settings.version,
        list_keys=keys_of_lists(configuration),
        missing_lists=lists_missing,
    )
    judging = None if attributes_told else partial(judge_attributes, configuration=configuration)
    return sync_contact.SyncContact(setup, judging)


@asynccontextmanager
async def _zoom_effect(
    settings: WorkerSettings, registry: CollectorRegistry, publisher: ConfirmedPublisher
) -> AsyncIterator[look_up.LookUp]:
    environment = settings.environment
    accounts = [account for account in settings.configuration.connectors.zoom if account.enabled]
    async with aiohttp.ClientSession() as session:
        setup = ClientSetup(
            session,
            settings.configuration.zoom_api.plan,
            environment.zoom_oauth_base_url,
            ZoomMetrics(registry),
            api_base_url=environment.zoom_api_base_url,
            logins=LoginStore(environment.zoom_tokens),
            allowances=environment.zoom_budget_dir,
        )
        clients = {account.account_id: ZoomClient(account, setup) for account in accounts}
        missing = {account.account_id: partial(missing_scopes, account, settings.configuration) for account in accounts}
        yield look_up.LookUp(
            clients,
            clock=time.time,
            metrics=LookupMetrics(registry),
            partition_of=lambda account_id: publisher.partition_of(account_id.encode()),
            missing_scopes=missing,
        )


async def _wait_until_released(settings: WorkerSettings, process: WorkerProcess, stop: asyncio.Event) -> bool:
    """Until nobody's breaker is open any more; false when told to stop before that."""
    while not stop.is_set():
        halt = Halt.read(settings.environment.data_dir)
        if halt is None:
            process.halt = None
            return True
        if process.halt is None:
            process.halt = halt
            log.error("halted", extra={
                "agent": halt.agent, "source": halt.source, "reason": halt.reason,
                "next": "rollcall dlq list; mend the cause, then rollcall worker --resume",
            })  # fmt: skip
        with suppress(TimeoutError):
            async with asyncio.timeout(HALT_SECONDS):
                await stop.wait()
    return False


async def _wait_for_kafka(settings: WorkerSettings, stop: asyncio.Event) -> LiveState | None:
    """Until the topics and the group are there: the live state; ``None`` when told to stop before that."""
    connection, kafka = settings.environment.kafka, settings.configuration.kafka
    told = False
    while not stop.is_set():
        try:
            await continuity_of(settings).check_cluster()
            await ensure_topics(connection, kafka, names=[STATES.name])
            live = await read_live(connection)
            await ensure_topics(connection, kafka, changelogs=changelogs(live.state))
            await check_group(connection, APP_ID, fence_name(changelogs(live.state)[0], 0))
        except RetryLaterError as error:
            if not told:
                log.warning("kafka not reached", extra={"reason": str(error), "retry_seconds": KAFKA_RETRY_SECONDS})
                told = True
            try:
                async with asyncio.timeout(KAFKA_RETRY_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue
        else:
            if told:
                log.info("kafka reached", extra={"brokers": settings.environment.kafka.bootstrap_servers})
            await _tell_deleted(connection)
            return live
    return None


async def _tell_deleted(connection: KafkaConnection) -> None:
    """What the worker was away for too long to read; that Kafka does not say so stops nobody."""
    # What it tells itself is found in its tables all the same.
    topics = {topic.physical(connection.topic_prefix) for topic in all_topics() if topic != TICKS}
    with suppress(RetryLaterError):
        lost = await deleted_unread(connection, APP_ID, topics)
        for topic, records in sorted(lost.items()):
            log.error("records deleted unread", extra={
                "topic": topic, "records": records,
                "next": "rollcall backfill reads again what Zoom still has; rollcall resync what Brevo was not told",
            })  # fmt: skip
