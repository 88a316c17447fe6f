"""Reads single fields of Zoom's objects, and tells of what cannot be read without its value. PURE.

Python's own errors quote the value, which may be a name or an address; a dead letter's reason must not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.errors import DeadLetterError
from schemas.instants import parse_instant

UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
"""What reading an object of the wrong shape raises."""


class FieldError(DeadLetterError, ValueError):
    """A field that is missing or cannot be read; the text names the field alone."""


def unreadable(what: str, error: BaseException) -> DeadLetterError:
    """The dead letter for one of the `UNREADABLE` errors."""
    if isinstance(error, FieldError):
        return DeadLetterError(f"{what} cannot be read: {error}")
    if isinstance(error, KeyError):  # its text is the key, which our code spells
        return DeadLetterError(f"{what} cannot be read: {error} is missing")
    return DeadLetterError(f"{what} cannot be read: a part of it has the wrong type ({type(error).__name__})")


def text(value: Any) -> str | None:
    """A non-empty text, numbers as their digits; ``None`` for all of Zoom's spellings of missing."""
    if isinstance(value, str):
        return value or None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    raise FieldError(f"a {type(value).__name__} where a text is expected")


def whole(item: Mapping[str, Any], name: str) -> int | None:
    """A whole number, also as text; ``None`` for ``""`` and what is missing."""
    if (value := item.get(name)) is None or value == "":
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise FieldError(f"{name} is no number") from None


def instant(item: Mapping[str, Any], name: str) -> int | None:
    """Seconds since 1970; ``None`` for Zoom's spellings of missing."""
    try:
        return parse_instant(item.get(name))
    except ValueError:
        raise FieldError(f"{name} is no instant") from None
