"""What many rows say alike, as one text that they name by its number (`readmodel.numbers`). PURE."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from schemas.codec import pack, unpack

Value = str | int | float | bool | None
MOST_CHARACTERS = 500
"""PostgreSQL's index takes 2,704 bytes."""


# The records of one session repeat few of them thousands of times; 1 and True are two things.
@lru_cache(maxsize=16_384, typed=True)
def together(*values: Value) -> str:
    """Some columns as a JSON list.

    >>> together("result", None, 1)
    '["result",null,1]'

    Raises:
        ValueError: they are too long.
    """
    return brief(pack(values).decode())


def brief(text: str) -> str:
    """A text that an index takes. Raises `ValueError` for any other."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError("too long a text")
    return text


def apart(names: Sequence[str], text: str | None) -> dict[str, Any]:
    """The columns that `together` was given, by name; nothing is said of them without a text.

    >>> apart(["kind", "name"], '["event",null]'), apart(["kind"], None)
    ({'kind': 'event', 'name': None}, {'kind': None})
    """
    if text is None:
        return dict.fromkeys(names)
    return dict(zip(names, unpack(text.encode()), strict=True))
