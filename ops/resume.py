"""`rollcall worker --resume`: the way out after a breaker has stopped the worker."""

from __future__ import annotations

import asyncio
import os

from ops.audit import audit_entry, note_done
from processors.engine.halt import Halt, clear_halt
from runtime.configuration import load_for_display
from runtime.environment import config_path, data_dir_of
from runtime.exits import DONE, FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging


def let_go_on(reason: str = "") -> int:
    """Forget the halt in ROLLCALL_DATA_DIR: a waiting worker goes on within a second, one that starts does at once.

    Returns the exit code: 1 when it could not be noted in the audit topic.
    """
    configure_command_logging("ERROR")
    data_dir, connection = data_dir_of(os.environ), KafkaConnection.from_environment(os.environ)
    kafka = load_for_display(config_path(os.environ), os.environ).kafka
    halt = Halt.read(data_dir)
    if halt is None:
        print(f"nothing in {data_dir} was halted")
        return DONE
    clear_halt(data_dir)
    print(f"goes on: {halt}")
    details: dict[str, str | int] = {"source": halt.source, "reason": halt.reason, "halted_at": halt.at}
    noted = asyncio.run(note_done(connection, kafka, audit_entry("worker.resume", halt.agent, details, reason)))
    return DONE if noted else FOUND_WRONG
