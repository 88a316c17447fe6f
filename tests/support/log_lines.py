"""Log records as tests see them: with their facts, and nothing of it hidden, so that a leak shows."""

from __future__ import annotations

import logging

import pytest
from typing_extensions import override

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def facts(record: logging.LogRecord) -> dict[str, object]:
    """What was given as `extra`."""
    return {key: value for key, value in record.__dict__.items() if key not in _OWN}


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, dict[str, object]]]:
    """Every event so far with its facts."""
    return [(record.getMessage(), facts(record)) for record in caplog.records]


class WithFacts(logging.Formatter):
    """Adds them to the text that pytest makes of a record."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        return f"{super().format(record)} {facts(record) or ''}"
