"""The end of a process: which exit code, and what people read on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from runtime.foreign_text import describe, redact
from schemas.errors import ConfigurationError, RetryLaterError, RollcallError

DONE = 0
FOUND_WRONG = 1
USAGE = 2
INTERNAL = 70
INTERRUPTED = 130


def run_guarded(run: Callable[[], int | None], *, as_json: bool = False) -> int:
    """Run a whole process and return its exit code; ``None`` counts as 0.

    A `ConfigurationError` is one message and 2, a `RetryLaterError` one message and 1, Ctrl-C is 130. Any other error
    of ours is a stop that was decided: its message and 70. Anything else is a bug: its traceback and 70. Addresses and
    keys are hidden in all of them.

    Args:
        run: all that the process does.
        as_json: a failure is told on stdout, too, as `{"error": …, "exit_code": …}`: whoever asked for a document gets
            one.
    """
    try:
        return run() or DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except ConfigurationError as error:
        told, code = f"error: {redact(str(error))}", USAGE
    except RetryLaterError as error:
        told, code = f"error: {redact(str(error))}", FOUND_WRONG
    except RollcallError as error:
        told, code = f"stopped: {redact(str(error))}", INTERNAL
    except Exception as error:  # noqa: BLE001 (the outermost frame)
        # What Ctrl-C interrupts while a class is made, as imports do, is a RuntimeError up to Python 3.11.
        if isinstance(error.__cause__, KeyboardInterrupt):
            return INTERRUPTED
        told, code = f"internal error:\n{redact(describe(error))}", INTERNAL
    print(told, file=sys.stderr)  # noqa: T201 (for people, before logs are set up too)
    if as_json:
        print(json.dumps({"error": told.partition(": ")[2] or told, "exit_code": code}))  # noqa: T201
    return code
