"""Imports that a command does once it is called: Ctrl-C simply ends the process meanwhile, without a traceback."""

from __future__ import annotations

import importlib
import signal
import threading
from types import ModuleType


def imported(name: str) -> ModuleType:
    """The module of this name; a `KeyboardInterrupt` in the middle of an import comes out as errors of many kinds."""
    if threading.current_thread() is not threading.main_thread():
        return importlib.import_module(name)  # only the main thread may say what signals do, and only it gets them
    once = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return importlib.import_module(name)
    finally:
        signal.signal(signal.SIGINT, once)
