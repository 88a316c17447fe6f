"""The worker process: `rollcall worker`, `python -m processors`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping

import uvloop

from processors.app import run_worker
from processors.data_dir import locked_data_dir
from processors.settings import WorkerSettings
from runtime.exits import run_guarded
from runtime.logs import configure_logging


def main() -> int:
    """Run in the foreground until SIGTERM or SIGINT; returns the exit code."""
    return run_guarded(lambda: _run(os.environ))


def _run(environment: Mapping[str, str]) -> None:
    configure_logging()
    settings = WorkerSettings.read(environment)
    settings.environment.kafka.client_options()  # certificates that cannot be loaded are told now
    configure_logging(settings.configuration.log_level)
    with (
        locked_data_dir(settings.environment.data_dir),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(settings))


async def _serve(settings: WorkerSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_worker(settings, stop)


if __name__ == "__main__":
    sys.exit(main())
