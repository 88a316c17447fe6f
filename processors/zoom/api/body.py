"""Bytes of an answer to a JSON value, also where a strict parser gives up. PURE."""

from __future__ import annotations

import json
from typing import Any

import orjson


def parse_body(data: bytes) -> Any:
    """The JSON value, ``None`` for what is no JSON.

    A name may hold half of a surrogate pair, which orjson refuses: such a half becomes U+FFFD, so that one odd name
    does not keep a whole list away.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        loose = json.loads(data)
    except (ValueError, RecursionError):
        return None
    text = json.dumps(loose, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
