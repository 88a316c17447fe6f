"""Logs on stderr: one line a record as `key=value`, with addresses and keys hidden as a last defence.

Code logs an event's name and its facts apart: `log.info("delivery accepted", extra={"delivery": delivery_id})`.
It never logs headers, bodies, e-mail addresses or signatures; what slips through all the same is hidden here.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

from typing_extensions import override

from runtime.foreign_text import cut, describe, redact

_RECORD_FIELDS: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_CHATTY: Final = ("aiokafka", "faust", "mode", "asyncio")
"""Libraries that repeat a message hundreds of times a second while a broker is away."""
_CHATTY_LINES: Final = 5
_CHATTY_SECONDS: Final = 10.0
_CHATTY_TEMPLATES: Final = 1_000
"""Bounds the memory when a library puts values into its templates."""


def configure_logging(level: str = "INFO") -> None:
    """Send all logs to stderr; harmless to call again with another level.

    The libraries under us say warnings at most: below that Faust builds a record for every send.

    Args:
        level: `DEBUG`, `INFO`, `WARNING` or `ERROR`, for our own loggers.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    handler.addFilter(RepeatLimit())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in (*_CHATTY, "aiohttp.access"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # It writes a malformed request's own bytes; `runtime.guard` counts these instead.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


def configure_command_logging(level: str = "WARNING") -> None:
    """As `configure_logging`, for a command that says itself, in a sentence, when Kafka does not answer."""
    configure_logging(level)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


class LineFormatter(logging.Formatter):
    """`time=… level=… logger=… event=…` and the record's extra facts, in the order they were given."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """One line: line breaks of messages and tracebacks are escaped."""
        facts: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        facts |= {key: value for key, value in record.__dict__.items() if key not in _RECORD_FIELDS}
        if record.exc_info:
            error = record.exc_info[1]
            facts["error"] = "none" if error is None else describe(error)
        return " ".join(f"{key}={_shown(key, value)}" for key, value in facts.items())


class RepeatLimit(logging.Filter):
    """Lets a chatty library say the same thing five times in ten seconds; the next line says how many were left out."""

    def __init__(self) -> None:
        super().__init__()
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}  # start of the window, records in it

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """False for a repetition; decided on the record's own time."""
        if record.name.partition(".")[0] not in _CHATTY:
            return True
        key = (record.name, cut(str(record.msg)))
        start, count = self._windows.get(key, (record.created, 0))
        if record.created - start >= _CHATTY_SECONDS:
            if count > _CHATTY_LINES:
                record.left_out = count - _CHATTY_LINES
            start, count = record.created, 0
        if len(self._windows) >= _CHATTY_TEMPLATES:
            self._windows.clear()
        self._windows[key] = (start, count + 1)
        return count < _CHATTY_LINES


def _shown(key: str, value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return _quoted(redact(text if key == "error" else cut(text)))


def _quoted(text: str) -> str:
    if text and not any(each in text for each in ' "=\\') and text.isprintable():
        return text
    return json.dumps(text)
