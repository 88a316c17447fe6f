"""Ids and uuids in paths: a uuid that begins with `/` or contains `//` must be encoded twice, any other once. PURE.

https://developers.zoom.us/docs/api/using-zoom-apis/ (checked 2026-11-21). Zoom's gateway decodes once before it
routes; the API behind it decodes what is left.
"""

from __future__ import annotations

from urllib.parse import unquote

from sandbox.zoom.errors import ZoomError


def needs_double_encoding(uuid: str) -> bool:
    """Whether Zoom finds this uuid only when it is encoded twice."""
    return uuid.startswith("/") or "//" in uuid


def decode_identifier(segment: str) -> str:
    """The id or uuid that a raw path segment names.

    Raises:
        ZoomError: 404/3001 for a uuid that is encoded too few or too many times.
    """
    routed = unquote(segment)
    name = unquote(routed)
    if (name == routed and needs_double_encoding(name)) or unquote(name) != name:
        raise ZoomError(404, 3001, f"Meeting does not exist: {routed}.")
    return name
