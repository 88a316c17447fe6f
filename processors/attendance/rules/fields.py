"""Reads single fields of Zoom's objects, and tells of what cannot be read without its value. PURE.

Python's own errors quote the value, which may be a name or an address; a dead letter's reason must not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from schemas.codec import LONGEST_ID
from schemas.errors import DeadLetterError
from schemas.instants import LATEST, parse_instant

UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
"""What reading an object of the wrong shape raises."""


LONGEST_FIELD = 4_000
"""Characters that are kept of a text. Zoom's longest, an agenda, has 2,000
(https://developers.zoom.us/docs/api/meetings/, checked 2026-11-21); rows hold a few of them."""
_LARGEST_WHOLE = 2**53
_Read = TypeVar("_Read")


class FieldError(DeadLetterError, ValueError):
    """A field that is missing or cannot be read; the text names the field alone."""


def unreadable(what: str, error: BaseException) -> DeadLetterError:
    """The dead letter for one of the `UNREADABLE` errors."""
    if isinstance(error, FieldError):
        return DeadLetterError(f"{what} cannot be read: {error}")
    if isinstance(error, KeyError):  # its text is the key, which our code spells
        return DeadLetterError(f"{what} cannot be read: {error} is missing")
    return DeadLetterError(f"{what} cannot be read: a part of it has the wrong type ({type(error).__name__})")


def readable(rows: Iterable[dict[str, Any]], read: Callable[[dict[str, Any]], _Read | None]) -> list[_Read]:
    """What `read` makes of the rows of Zoom's answer, in order; without those of which it makes nothing.

    A row that cannot be read is left out: it must not cost the others of its page, for which people are waiting.
    """
    made = []
    for row in rows:
        try:
            found = read(row)
        except UNREADABLE:
            continue
        if found is not None:
            made.append(found)
    return made


def text(value: Any) -> str | None:
    """A non-empty text, cut to `LONGEST_FIELD`, numbers as their digits; ``None`` for all that Zoom uses as missing."""
    if isinstance(value, str):
        return value[:LONGEST_FIELD] or None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    raise FieldError(f"a {type(value).__name__} where a text is expected")


def identifier(value: Any) -> str | None:
    """As `text`, of an id, which is never cut: two that differ behind the cut would be one."""
    if not isinstance(value, str):
        return text(value)
    if len(value) > LONGEST_ID:
        raise FieldError(f"an id of more than {LONGEST_ID} characters")
    return value or None


def whole(item: Mapping[str, Any], name: str) -> int | None:
    """A whole number, also as text; ``None`` for ``""`` and what is missing."""
    if (value := item.get(name)) is None or value == "":
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise FieldError(f"{name} is no number") from None
    if abs(number) > _LARGEST_WHOLE:
        raise FieldError(f"{name} is too large a number")
    return number


def milliseconds(item: Mapping[str, Any], name: str) -> int | None:
    """Milliseconds since 1970; ``None`` for ``""`` and what is missing."""
    number = whole(item, name)
    if number is not None and not 0 <= number < LATEST * 1_000:
        raise FieldError(f"{name} is no instant in milliseconds")
    return number


def instant(item: Mapping[str, Any], name: str) -> int | None:
    """Seconds since 1970; ``None`` for Zoom's spellings of missing."""
    try:
        return parse_instant(item.get(name))
    except ValueError:
        raise FieldError(f"{name} is no instant") from None
