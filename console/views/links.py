"""Addresses of pages. None holds an e-mail address: what is asked for by one is found by its contact id."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

_BITS = 64
_DIGITS = 16


def session_word(key: int) -> str:
    """A session's key in a URL.

    >>> session_word(-1), session_word(255)
    ('ffffffffffffffff', '00000000000000ff')
    """
    return f"{key % 2**_BITS:0{_DIGITS}x}"


def session_key(word: str) -> int | None:
    """The key that `session_word` was given; ``None``: it is none of its words.

    >>> session_key("ffffffffffffffff"), session_key("ff")
    (-1, None)
    """
    if len(word) != _DIGITS or set(word) - set("0123456789abcdef"):
        return None
    value = int(word, 16)
    return value - 2**_BITS if value >= 2 ** (_BITS - 1) else value


def query(**fields: str | None) -> str:
    """The part of a URL behind its path, without what is empty.

    >>> query(state="final", after=None)
    '?state=final'
    """
    said: Mapping[str, str] = {name: value for name, value in fields.items() if value}
    return f"?{urlencode(said)}" if said else ""
