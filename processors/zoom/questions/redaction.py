"""Takes out of Zoom's rows what no consumer needs and nobody else may have: links, passcodes, phone numbers. PURE.

The share link of a recording stays, since people are sent it, without its query, where Zoom may put the passcode.
"""

from __future__ import annotations

from typing import Any

_PARTS = ("password", "passcode", "pin_code", "phone", "dial_in", "dialin", "h323", "pstn", "sip_")
"""A field whose name holds one of these goes. Zoom adds fields without notice, so parts of names, not whole ones."""
_ENDS = ("url", "link", "token")
"""A field whose name ends so goes: a join link is personal, a start link makes its holder the host."""
_NAMES = frozenset({"audio_conference_info", "host_key", "third_party_audio", "urls", "links", "tokens"})
_SHARE_LINK = "share_url"


def redact(value: Any) -> Any:
    """A copy of a JSON value without these fields, at any depth; other values are as they were."""
    if isinstance(value, dict):
        return {
            name: held.partition("?")[0] if name == _SHARE_LINK and isinstance(held, str) else redact(held)
            for name, held in value.items()
            if name == _SHARE_LINK or not _is_secret(name.lower())
        }
    if isinstance(value, list):
        return [redact(each) for each in value]
    return value


def _is_secret(name: str) -> bool:
    return name in _NAMES or name.endswith(_ENDS) or any(part in name for part in _PARTS)
