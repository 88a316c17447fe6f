"""Logs on stderr: a record is one line of `key=value` or of JSON, with addresses and keys hidden as a last defence.

Code logs an event's name and its facts apart: `log.info("delivery accepted", extra={"delivery": delivery_id})`; a fact
`next` says what a person can do. It never logs headers, bodies, e-mail addresses or signatures; what slips through all
the same is hidden here. `docs/how-to/logs.md` has every event, which a test compares with the code.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, Literal

from typing_extensions import override

from runtime.foreign_text import cut, describe, redact

LogForm = Literal["text", "json"]
"""Lines for people (`key=value`), or one JSON object a line for programs."""

_RECORD_FIELDS: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_LIBRARIES: Final[Mapping[str, int]] = MappingProxyType(
    {
        # Whether Kafka is there, both processes and all commands say themselves, once and in a sentence; see below.
        "aiokafka": logging.ERROR,
        # What ends the worker is in its last line; what these two warn of besides are their own inner affairs.
        "faust": logging.CRITICAL,
        "mode": logging.CRITICAL,
        "asyncio": logging.WARNING,
    }
)
"""What each library under us may say at least, unless the level is `DEBUG`: then its warnings are shown."""


@dataclass(frozen=True, slots=True)
class _Translation:
    """What a library alone knows, in our words; anything else that it says at this level is left out."""

    pattern: re.Pattern[str]
    event: str
    next: str


KAFKAS: Final = (
    _Translation(
        re.compile(r"SaslAuthenticationFailed|Sasl\w*Error|SASL"),
        "kafka refuses the login",
        "check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM",
    ),
    _Translation(
        re.compile(r"certificate|SSL|ssl"),
        "no trust between kafka and us",
        "check KAFKA_SECURITY_PROTOCOL, KAFKA_SSL_CAFILE, KAFKA_SSL_CERTFILE and the brokers' certificates",
    ),
)
"""Why Kafka does not answer, where aiokafka logs it and raises no more than that there is no connection."""
_SAID_AGAIN_SECONDS: Final = 60.0
_CHATTY_LINES: Final = 5
_CHATTY_SECONDS: Final = 10.0
_CHATTY_TEMPLATES: Final = 1_000
"""Bounds the memory when a library puts values into its templates."""


def configure_logging(level: str = "INFO", form: LogForm = "text") -> None:
    """Send all logs to stderr; harmless to call again with another level.

    Args:
        level: `DEBUG`, `INFO`, `WARNING` or `ERROR`, for our own loggers.
        form: of the lines.
    """
    _configure(level, LineFormatter() if form == "text" else JsonFormatter())


def configure_command_logging(level: str = "WARNING") -> None:
    """As `configure_logging`, for a command: its answer is on stdout, what is logged beside it are sentences."""
    _configure(level, SentenceFormatter())


def _configure(level: str, formatter: logging.Formatter) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    if root.level > logging.DEBUG:
        handler.addFilter(Translator())
    handler.addFilter(RepeatLimit())
    for name, quiet in _LIBRARIES.items():
        # Their own DEBUG is never shown: Faust would build a record for every send.
        logging.getLogger(name).setLevel(logging.WARNING if root.level <= logging.DEBUG else max(quiet, root.level))
    logging.getLogger("aiohttp.access").setLevel(max(logging.WARNING, root.level))
    # It writes a malformed request's own bytes; `runtime.guard` counts these instead.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


class LineFormatter(logging.Formatter):
    """`time=… level=… logger=… event=…` and the record's extra facts, in the order they were given."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """One line: line breaks of messages and tracebacks are escaped."""
        return " ".join(f"{key}={_quoted(_shown(key, value))}" for key, value in _facts(record).items())


class SentenceFormatter(LineFormatter):
    """`warning: event: the facts, one after another`, for a person at a terminal; a traceback stays a line of pairs."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        if record.exc_info:
            return super().format(record)
        _, level, _, *said = (_shown(key, value) for key, value in _facts(record).items())
        return ": ".join(_printable(text) for text in (level, *said))


class JsonFormatter(logging.Formatter):
    """The same facts as an object; numbers and booleans stay what they are."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        facts = {
            key: value if isinstance(value, int | float | None) else _shown(key, value)
            for key, value in _facts(record).items()
        }
        return json.dumps(facts)


class Translator(logging.Filter):
    """Of aiokafka's lines lets those through that say why there is no connection, in our words and once a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """False for what nobody needs."""
        if record.name.partition(".")[0] != "aiokafka":
            return True
        told = record.getMessage()
        for translation in KAFKAS:
            if translation.pattern.search(cut(told)) is None:
                continue
            if record.created - self._said.get(translation.event, -_SAID_AGAIN_SECONDS) < _SAID_AGAIN_SECONDS:
                return False
            self._said[translation.event] = record.created
            record.msg, record.args, record.reason, record.next = translation.event, (), told, translation.next
            return True
        return False


class RepeatLimit(logging.Filter):
    """Lets a library say the same thing five times in ten seconds; the next line says how many were left out.

    While a broker is away some repeat a message hundreds of times a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}  # start of the window, records in it

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """False for a repetition; decided on the record's own time."""
        if record.name.partition(".")[0] not in _LIBRARIES:
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


def _facts(record: logging.LogRecord) -> dict[str, object]:
    facts: dict[str, object] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
    }
    facts |= {key: value for key, value in record.__dict__.items() if key not in _RECORD_FIELDS}
    if record.exc_info:
        error = record.exc_info[1]
        facts["error"] = "none" if error is None else describe(error)
    return facts


def _shown(key: str, value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return redact(text if key == "error" else cut(text))


def _quoted(text: str) -> str:
    if text and not any(sign in text for sign in ' "=\\') and text.isprintable():
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _printable(text: str) -> str:
    """The same, escaped where it would break the line or colour the terminal."""
    return text if text.isprintable() else json.dumps(text)
