"""A record's content without anything of a person: its shape, so that a fault can be understood. PURE."""

from __future__ import annotations

import re
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from ops.contracts import models_of
from processors.attendance.rules.events import parse_event
from readmodel.words import counted
from schemas.errors import DeadLetterError
from schemas.topic import Topic
from schemas.topics import RAW_EVENTS

_SHOWN = frozenset({"event", "event_ts", "kind", "schema_version", "type", "state", "outcome", "attendance_status"})
"""Words of a protocol, never of a person."""
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_DEEPEST = 8
_LONGEST_LIST = 3


def masked(value: bytes | None) -> Any:
    """JSON in which texts are told by their length alone, but for words of the protocol."""
    if value is None:
        return None
    try:
        return _masked(orjson.loads(value), "", 0)
    except orjson.JSONDecodeError:
        return f"no JSON: {len(value)} bytes"


def _masked(value: Any, name: str, depth: int) -> Any:
    if isinstance(value, dict):
        inner = {_name(key): _masked(part, key, depth + 1) for key, part in value.items()}
        return inner if depth < _DEEPEST else f"object with {len(value)} fields"
    if isinstance(value, list):
        shown = [_masked(part, name, depth + 1) for part in value[:_LONGEST_LIST]]
        return [*shown, f"and {len(value) - _LONGEST_LIST} more"] if len(value) > _LONGEST_LIST else shown
    if isinstance(value, str):
        return value[:64] if name in _SHOWN else f"text of {counted(len(value), 'character')}"
    if isinstance(value, int | float) and not isinstance(value, bool) and name not in _SHOWN:
        return f"number of {len(str(value))} digits"
    return value


def _name(key: str) -> str:
    return key if _FIELD.fullmatch(key) else f"name of {counted(len(key), 'character')}"


def what_would_be_done(topic: Topic, value: bytes | None, stored_ms: int) -> str:
    """Whether the code of now can read the record, in one sentence; what it leads to depends on the tables."""
    if value is None:
        return "it has no value: it would be a dead letter again"
    try:
        if topic.name != RAW_EVENTS.name:
            kind = TypeAdapter[Any](_union(topic)).validate_json(value)
            return f"it can be read now, as {type(kind).__name__}"
        fact = parse_event(orjson.loads(value), stored_ms)
    except DeadLetterError as error:
        return f"it would be a dead letter again: {error}"
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return f"it would be a dead letter again: {'.'.join(map(str, first['loc']))}: {first['type']}"
    except orjson.JSONDecodeError:
        return "it would be a dead letter again: it is no JSON"
    if fact is None:
        return "it can be read now, and says nothing about attendance"
    return f"it can be read now, as {type(fact).__name__} of {fact.event.object_type} {fact.event.object_id}"


def _union(topic: Topic) -> Any:
    union: Any = None
    for model in models_of(topic):
        union = model if union is None else union | model
    return union
