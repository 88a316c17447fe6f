"""What records say of one person, without what they say of others beside them. PURE.

Pages of Zoom's answers, and rows of what waits, hold many people: of a list the elements that name somebody else, and
not the person, are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ops.forget.person import DataSubject
from ops.selection.contacts import is_contact_id
from schemas.codec import normalise_email

_LONGEST_PREFIX = 12
_LONGEST_TEXT = 65_536


def own_part(person: DataSubject, value: bytes | None) -> Any:
    """A record's or row's value as far as it is the person's: parsed, where it is JSON."""
    if value is None:
        return None
    # Rows of look-ups and reports say before their JSON what they are.
    for start in (b"{", b"["):
        begins = value.find(start)
        if 0 <= begins <= _LONGEST_PREFIX:
            try:
                parsed = orjson.loads(value[begins:])
            except orjson.JSONDecodeError:
                continue
            return _without_others(person, parsed)
    return value.decode("latin-1") if person.is_in(value) and len(value) < _LONGEST_TEXT else None


def _without_others(person: DataSubject, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_others(person, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_others(person, inner) for inner in value if not _is_of_others(person, inner)]
    return value


def _is_of_others(person: DataSubject, element: Any) -> bool:
    return names_somebody(element) and not person.is_in(orjson.dumps(element))


def names_somebody(value: Any) -> bool:
    """Whether a parsed value says any address or contact id."""
    if isinstance(value, Mapping):
        return any(names_somebody(inner) for inner in value.values())
    if isinstance(value, list):
        return any(names_somebody(inner) for inner in value)
    return isinstance(value, str) and (normalise_email(value) is not None or is_contact_id(value))


def text_of(key: bytes | None) -> str | None:
    """A key as text."""
    return None if key is None else key.decode(errors="replace")


def headers_of(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Headers as text."""
    return {name: (value or b"").decode(errors="replace") for name, value in headers}
