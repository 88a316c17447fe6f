"""`rollcall worker --resume`: the way out after a breaker has stopped the worker."""

from __future__ import annotations

import os

from processors.engine.halt import Halt, clear_halt
from runtime.environment import data_dir_of


def let_go_on() -> None:
    """Forget the halt in ROLLCALL_DATA_DIR: a waiting worker goes on within a second, one that starts does at once."""
    data_dir = data_dir_of(os.environ)
    halt = Halt.read(data_dir)
    clear_halt(data_dir)
    print(f"nothing in {data_dir} was halted" if halt is None else f"goes on: {halt}")
