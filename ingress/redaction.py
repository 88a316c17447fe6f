"""Decides what must not reach a topic: secrets, links that let people in, IPs, phone numbers, what was said. PURE.

Fields are known by their names, anywhere in the tree, since Zoom adds fields without notice. `share_url` of a recording
stays without its query, where Zoom may put the passcode: it is what contacts are sent. Unknown fields stay.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

# Names as in Zoom's events: https://developers.zoom.us/docs/api/meetings/events/, checked 2026-11-21; variants of them
# (`h323_password`, `pstn_passcode`, `host_ip_address`, `callee_number`) by the same patterns.
_NAME = (
    r"[a-z0-9_]*(?:password|passcode|passwd)"
    r"|(?:[a-z0-9_]*_)?(?:token|secret|zak|host_key|pin|pin_code)"
    r"|(?:[a-z0-9_]*_)?(?:download|play|join|start)_(?:url|link)"
    r"|(?:[a-z0-9_]*_)?ip(?:_address(?:es)?)?"
    r"|(?:[a-z0-9_]*_)?(?:phone|mobile|fax)(?:_numbers?)?"
    r"|(?:caller|callee|forwarded_by|did)_number"
    r"|message_content"
)
_SECRET = re.compile(_NAME, re.IGNORECASE)
_SECRET_IN_TEXT = re.compile(
    rb'"(?:' + _NAME.encode() + rb')"\s*:\s*(?:"(?:[^"\\]|\\.)*"?|[^\s,}\]]+)\s*,?', re.IGNORECASE | re.DOTALL
)
_SHARED = "share_url"
_QUERY_IN_TEXT = re.compile(rb'("' + _SHARED.encode() + rb'"\s*:\s*"(?:[^"\\?]|\\.)*)\?(?:[^"\\]|\\.)*')


_LONGEST_NAME = 64
"""Characters; no known secret has a longer name."""


def is_secret(name: str) -> bool:
    """Whether a field of this name is dropped."""
    return len(name) <= _LONGEST_NAME and _SECRET.fullmatch(name) is not None


@lru_cache(maxsize=512)  # objects of one kind have the same fields; only what Zoom signed gets here
def _secrets_among(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if is_secret(name))


def redact(tree: Any) -> int:
    """Drop the secrets of a parsed delivery, in place, and say how many there were.

    Without recursion, since a body may be nested as deeply as its sender likes.
    """
    dropped = 0
    waiting: list[dict[str, Any] | list[Any]] = [tree] if isinstance(tree, dict | list) else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(value for value in node if isinstance(value, dict | list))
            continue
        for name in _secrets_among(tuple(node)):
            del node[name]
            dropped += 1
        if isinstance(link := node.get(_SHARED), str) and "?" in link:
            node[_SHARED] = link.partition("?")[0]
            dropped += 1
        # A JSON parser makes exactly these types, and comparing them is quicker than isinstance.
        waiting += [value for value in node.values() if type(value) is dict or type(value) is list]
    return dropped


def redact_text(body: bytes) -> bytes:
    """The same for a body that is no JSON, as far as its text shows `"name": value`."""
    return _QUERY_IN_TEXT.sub(rb"\1", _SECRET_IN_TEXT.sub(b"", body))
