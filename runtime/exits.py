"""The end of a process: which exit code, and what people read on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable

from runtime.foreign_text import describe, redact
from schemas.errors import ConfigurationError, RollcallError

DONE = 0
FOUND_WRONG = 1
USAGE = 2
INTERNAL = 70
INTERRUPTED = 130


def run_guarded(run: Callable[[], int | None]) -> int:
    """Run a whole process and return its exit code; ``None`` counts as 0.

    A `ConfigurationError` is one message and 2, Ctrl-C is 130. Any other error of ours is a stop that was decided: its
    message and 70. Anything else is a bug: its traceback and 70. Addresses and keys are hidden in all of them.
    """
    try:
        return run() or DONE
    except ConfigurationError as error:
        print(f"error: {redact(str(error))}", file=sys.stderr)  # noqa: T201 (for people, before logs are set up too)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except RollcallError as error:
        print(f"stopped: {redact(str(error))}", file=sys.stderr)  # noqa: T201
        return INTERNAL
    except Exception as error:  # noqa: BLE001 (the outermost frame)
        print(f"internal error:\n{redact(describe(error))}", file=sys.stderr)  # noqa: T201
        return INTERNAL
