"""The console process: composes everything, serves until SIGTERM."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from console.acting import Acting
from console.app import build_app
from console.following import Following
from console.gate import Gate
from console.password_file import PasswordFile
from readmodel.database import Database, opened, url_of
from runtime.connections import ConnectionLimits
from runtime.environment import ConsoleEnvironment, log_form
from runtime.exits import run_guarded
from runtime.guard import Guard
from runtime.listening import listen
from runtime.logs import configure_logging

_log = logging.getLogger("console")

ActingOf = Callable[[Mapping[str, str]], Acting]
_LIMITS = ConnectionLimits(total=256, per_address=256)
_DRAIN_SECONDS = 5.0


def main(acting: ActingOf, **options: str) -> int:
    """Run in the foreground until SIGTERM or SIGINT.

    Args:
        acting: what operators can do, over the Kafka of an environment.
        options: variables that the command line overrides.
    """
    return run_guarded(lambda: _run({**os.environ, **options}, acting))


def _run(environment: Mapping[str, str], acting: ActingOf) -> None:
    configure_logging(form=log_form(environment))
    told = ConsoleEnvironment.read(environment)
    gc.freeze()  # modules live for ever: the collector need not look at them with every batch of the read model
    with opened(url_of(environment), told.kafka.topic_prefix) as database:
        asyncio.run(serve(told, database, acting(environment)))


async def serve(told: ConsoleEnvironment, database: Database, acting: Acting) -> None:
    """Serve until a signal.

    Raises:
        ConfigurationError: the port is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gate = Gate(told, PasswordFile(told.password_file))
    following = Following(database, told.kafka)
    runner = web.AppRunner(build_app(told.url, database, following, gate, acting), shutdown_timeout=_DRAIN_SECONDS)
    await runner.setup()
    guard = Guard(_LIMITS, lambda _reason: None, told.proxies)
    try:
        with await listen(runner, told.listen, guard) as port:
            reading = asyncio.create_task(following.run(stop))
            _ready(told, port, has_accounts=gate.has_accounts)
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([stopping, reading], return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            await reading
    finally:
        await runner.cleanup()


def _ready(told: ConsoleEnvironment, port: int, *, has_accounts: bool) -> None:
    facts: dict[str, Any] = {"url": told.url or f"http://{told.listen.host}:{port}"}
    _log.info("ready", extra=facts)
    if not has_accounts and not told.trusted_header:
        _log.warning("nobody can sign in", extra={"next": "rollcall console passwd NAME --role operator"})
