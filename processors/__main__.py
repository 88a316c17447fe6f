"""The worker process: `rollcall worker`, `python -m processors`."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal

import orjson

from processors.app import run_worker
from processors.brevo.decisions.preview import in_words
from processors.worker.data_dir import keep_files_private, locked_data_dir
from processors.worker.settings import WorkerSettings
from runtime.environment import log_form
from runtime.event_loop import EventLoop
from runtime.exits import run_guarded
from runtime.logs import configure_logging


def main(dry_run: Literal["text", "json"] | None = None) -> int:
    """Run in the foreground until SIGTERM or SIGINT; returns the exit code.

    Args:
        dry_run: call nothing at Brevo, and write to stdout what would be done, a line each.
    """
    return run_guarded(lambda: _run(os.environ, dry_run))


def _run(environment: Mapping[str, str], dry_run: Literal["text", "json"] | None) -> None:
    form = log_form(environment)
    configure_logging(form=form)
    keep_files_private()
    tell = None if dry_run is None else _teller(dry_run)
    settings = WorkerSettings.read(environment, tell)
    settings.environment.kafka.client_options()  # certificates that cannot be loaded are told now
    configure_logging(settings.configuration.log_level, form)
    gc.freeze()  # modules live for ever: the collector need not look at them with every thousand records
    with (
        locked_data_dir(settings.environment.data_dir),
        asyncio.Runner(loop_factory=EventLoop) as runner,
    ):
        runner.run(_serve(settings))


def _teller(form: Literal["text", "json"]) -> Callable[[Mapping[str, Any]], None]:
    def tell(preview: Mapping[str, Any]) -> None:
        line = orjson.dumps(preview).decode() if form == "json" else in_words(preview)
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    return tell


async def _serve(settings: WorkerSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_worker(settings, stop)


if __name__ == "__main__":
    sys.exit(main())
