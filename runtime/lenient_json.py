"""JSON of other people: bytes to a tree and a tree to bytes, where a strict reader gives up too. PURE."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from schemas.codec import pack

_DIGITS_TO_ZERO = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else byte for byte in range(256))
# orjson makes a float of an integer beyond 64 bits; the shortest such has 19 digits.
_TOO_LONG_FOR_ORJSON = b"0" * 19
DEEPEST = 500
"""Levels; Zoom's events have fewer than ten, and Python's own writer fails at some 900."""
DEEPEST_ANSWER = 200
"""Levels of an answer whose rows orjson is to write again, which it does up to 254."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(body: bytes) -> Any:
    """The tree of a delivery, losing nothing that JSON can say; what orjson refuses is repaired.

    Lone surrogates (UTF-8 cannot carry them) and bytes that are no UTF-8 become U+FFFD; NaN and infinities become null.

    Raises:
        ValueError: it is no JSON for the standard library either, or nested more deeply than can be written again.
    """
    tree = _parse(body, exact=True)
    # Each level has its two brackets, so that a short body, as nearly all are, need not be counted.
    is_suspect = len(body) > 2 * DEEPEST and body.count(b"{") + body.count(b"[") > DEEPEST
    if is_suspect and _is_deeper(tree, DEEPEST):
        raise ValueError("nested too deeply")
    return tree


def json_or_none(body: bytes) -> Any:
    """The tree of an answer that we asked for; ``None`` for what is no JSON, or nested beyond all sense.

    One odd name does not keep a whole list away: it is repaired as in `parse_json`. Integers beyond 64 bits become
    floats, which is what orjson can write again.
    """
    try:
        tree = _parse(body, exact=False)
    except ValueError:
        return None
    is_suspect = body.count(b"{") + body.count(b"[") > DEEPEST_ANSWER
    return None if is_suspect and _is_deeper(tree, DEEPEST_ANSWER) else tree


def _parse(body: bytes, *, exact: bool) -> Any:
    if not exact or _TOO_LONG_FOR_ORJSON not in body.translate(_DIGITS_TO_ZERO):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            pass
    try:
        tree = _lenient(body.decode("utf-8-sig", errors="replace"), exact=exact)
        text = json.dumps(tree, ensure_ascii=False)
        return _lenient(_SURROGATE.sub("\ufffd", text), exact=exact) if _SURROGATE.search(text) else tree
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def write_json(tree: Any) -> bytes:
    """Compact JSON, UTF-8, keys in the order received."""
    try:
        return pack(tree)
    except TypeError:  # an integer beyond 64 bits, or more than 254 levels
        return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def _is_deeper(tree: Any, levels: int) -> bool:
    """Level by level, since recursion is what must not happen."""
    level = [tree] if isinstance(tree, dict | list) else []
    for _ in range(levels):
        level = [
            value
            for node in level
            for value in (node.values() if isinstance(node, dict) else node)
            if isinstance(value, dict | list)
        ]
        if not level:
            return False
    return True


def _lenient(text: str, *, exact: bool) -> Any:
    integer = int if exact else _short_integer
    return json.loads(text, strict=False, parse_constant=lambda _: None, parse_float=_finite, parse_int=integer)


def _short_integer(text: str) -> int | float | None:
    value = int(text)
    return value if -(2**63) <= value < 2**64 else _finite(text)


def _finite(text: str) -> float | None:
    value = float(text)
    return value if abs(value) != float("inf") else None
