"""What a record says of the things that selections ask about. PURE.

It looks at headers and at the few fields that name an account, an object, a run or a person, in Zoom's events and in
records of ours alike; what cannot be read says nothing, and is no error: a selection must show broken records too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from ops.selection.selection import Facts
from schemas.codec import contact_id, normalise_email

_PEOPLE = ("participant", "registrant")
_WORDS = frozenset({"ce_type", "ce_time", "rollcall-label", "quarantine-reason"})
_RUNS = ("session_uuid", "session", "uuid")
_OF_NO_RUN = ("registration_", "created", "updated", "deleted", "converted")
"""What Zoom's events about a webinar as a whole are called behind the dot: their `uuid` is that of no run."""


def facts_of(
    partition: int,
    offset: int,
    stored_at: datetime,
    key: bytes | None,
    headers: Iterable[tuple[str, bytes | None]],
    value: bytes | None,
) -> Facts:
    """The facts of one record as it lies in Kafka; `stored_at` is its record time, aware."""
    words = {name: (content or b"").decode(errors="replace") for name, content in headers if name in _WORDS}
    content = _object(value)
    payload = _mapping(content.get("payload"))
    subject = _mapping(payload.get("object")) or content
    kind = words.get("ce_type", "") or _text(content.get("event"))
    return Facts(
        partition=partition,
        offset=offset,
        stored_at=stored_at,
        happened_at=_instant(words.get("ce_time", "")),
        event_type=kind,
        account_id=_text(payload.get("account_id")) or _text(content.get("account_id")),
        object_id=_text(subject.get("id")) or _text(content.get("object_id")),
        instance="" if kind.rpartition(".")[2].startswith(_OF_NO_RUN) else _run(subject),
        contacts=frozenset(_contacts(key, content, subject)),
        label=words.get("rollcall-label") or words.get("quarantine-reason", ""),
    )


def _run(subject: Mapping[str, Any]) -> str:
    return next((text for name in _RUNS if (text := _text(subject.get(name)))), "")


def _contacts(key: bytes | None, content: Mapping[str, Any], subject: Mapping[str, Any]) -> Iterable[str]:
    if known := _text(content.get("contact_id")):
        yield known
    elif key is not None and not content:
        # A tombstone of a contact has nothing but its key.
        yield key.decode(errors="replace")
    for name in _PEOPLE:
        if email := normalise_email(_mapping(subject.get(name)).get("email")):
            yield contact_id(email)


def _object(value: bytes | None) -> Mapping[str, Any]:
    try:
        return _mapping(orjson.loads(value or b"null"))
    except orjson.JSONDecodeError:
        return {}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _instant(text: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None
