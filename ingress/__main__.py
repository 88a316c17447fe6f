"""The ingress process: composes everything, serves until SIGTERM, then drains."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from aiohttp import web

from ingress.app import build_app
from ingress.link import KafkaLink
from ingress.metrics import IngressMetrics
from ingress.publisher import KafkaPublisher
from ingress.settings import IngressSettings, ingress_settings
from runtime.admin import AdminServer, Readiness
from runtime.configuration import load_ingress
from runtime.descriptors import raise_descriptor_limit, within_descriptors
from runtime.environment import config_path, log_form
from runtime.event_loop import EventLoop
from runtime.exits import run_guarded
from runtime.guard import Guard
from runtime.listening import listen
from runtime.logs import configure_logging
from schemas.topics import BREVO_EVENTS, QUARANTINE, RAW_EVENTS

_log = logging.getLogger("ingress")

_DRAIN_SECONDS = 5.0
"""For accepted deliveries to be answered: a body's time and Kafka's are 2.5 s each."""


def main() -> int:
    """Run in the foreground until SIGTERM or SIGINT; returns the exit code."""
    return run_guarded(lambda: _run(os.environ))


def _run(environment: Mapping[str, str]) -> None:
    form = log_form(environment)
    configure_logging(form=form)
    settings = ingress_settings(load_ingress(config_path(environment), environment), environment)
    settings.connection.client_options()  # certificates that cannot be loaded are told now
    configure_logging(settings.log_level, form)
    connections = within_descriptors(settings.limits.connections, raise_descriptor_limit())
    settings = replace(settings, limits=replace(settings.limits, connections=connections))
    gc.freeze()  # modules live for ever: the collector need not look at them during a rush
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        runner.run(serve(settings))


async def serve(settings: IngressSettings) -> None:
    """Serve until a signal; then stop accepting, answer what was accepted, and return.

    Raises:
        ConfigurationError: a port is taken, or the topics on the cluster are not as they must be.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    metrics = IngressMetrics()
    link = KafkaLink(
        settings.connection,
        settings.kafka,
        topics=(RAW_EVENTS, QUARANTINE, BREVO_EVENTS),
        batch_bytes=settings.limits.batch_bytes,
    )
    publisher = KafkaPublisher(link, settings.limits, metrics)
    metrics.watch("rollcall_ingress_kafka_reached", "1 while Kafka answers", lambda: link.is_reached)
    admin = AdminServer(
        settings.admin.host,
        settings.admin.port,
        process="ingress",
        live=lambda: True,
        ready=lambda: _readiness(link, is_draining=stop.is_set()),
        registry=metrics.registry,
        names=settings.admin_names,
    )
    async with (
        _admin(admin),
        _connected(link) as connection,
        _public(settings, publisher, metrics) as port,
        _telling(settings, link, port),
    ):
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([stopping, connection], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if connection.done():
            await connection


@asynccontextmanager
async def _admin(server: AdminServer) -> AsyncIterator[None]:
    await server.start()
    try:
        yield
    finally:
        await server.stop()


@asynccontextmanager
async def _connected(link: KafkaLink) -> AsyncIterator[asyncio.Task[None]]:
    """The link at work; the endpoint opens without waiting for it."""
    task = asyncio.create_task(link.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def _public(settings: IngressSettings, publisher: KafkaPublisher, metrics: IngressMetrics) -> AsyncIterator[int]:
    """The public port. Leaving it closes the port first, then answers what was accepted, then ends the publisher."""
    server = web.Server(build_app(settings, publisher, metrics))
    runner = web.ServerRunner(server, shutdown_timeout=_DRAIN_SECONDS)
    await runner.setup()
    guard = Guard(settings.limits.connections, metrics.count_refusal, settings.proxies)
    metrics.watch("rollcall_ingress_connections", "Open connections", lambda: len(guard.connections))
    try:
        # The signature is over the bytes received.
        with await listen(runner, settings.listen, guard, auto_decompress=False) as port:
            _log.info("listening", extra={"host": settings.listen.host, "port": port})
            yield port
            _log.info("draining")
    finally:
        await runner.cleanup()
        await publisher.close()
    _log.info("drained")


@asynccontextmanager
async def _telling(settings: IngressSettings, link: KafkaLink, port: int) -> AsyncIterator[None]:
    """Says once that deliveries are taken."""

    async def tell() -> None:
        await link.connected.wait()
        facts = {"host": settings.listen.host, "port": port, "brokers": settings.connection.bootstrap_servers}
        _log.info("ready", extra=facts | {"accounts": len(settings.accounts)})

    task = asyncio.create_task(tell())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _readiness(link: KafkaLink, *, is_draining: bool) -> Readiness:
    if is_draining:
        return Readiness(ok=False, reasons=("draining",))
    if not link.is_reached:
        return Readiness(ok=False, reasons=("Kafka does not answer; check KAFKA_BOOTSTRAP_SERVERS and the brokers",))
    return Readiness(ok=True)


if __name__ == "__main__":
    sys.exit(main())
