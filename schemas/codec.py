"""Bytes on the wire and in tables: compact JSON, and the contact id. PURE."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson


def pack(value: Any) -> bytes:
    """Compact JSON as a right-sized copy.

    What orjson returns keeps a buffer of 4 KiB alive however short it is; a turn of the engine holds thousands of them.
    """
    return bytes(memoryview(orjson.dumps(value)))


def unpack(data: bytes) -> Any:
    """Parse what `pack` wrote. Raises ``ValueError`` (``orjson.JSONDecodeError``) on anything else."""
    return orjson.loads(data)


LONGEST_ID = 255
"""Characters. Zoom's have 10 to 60; ids become keys of records and rows, paths of look-ups and words in logs."""
LONGEST_EMAIL = 320
"""Characters: 64 before the `@`, 255 behind it (https://www.rfc-editor.org/rfc/rfc5321 4.5.3.1, checked 2026-11-27)."""


def normalise_email(text: object) -> str | None:
    """Trimmed and lower-cased, nothing else (no plus or dot folding); ``None`` for what is no address at all."""
    if not isinstance(text, str) or len(text) > LONGEST_EMAIL:
        return None
    email = text.strip().lower()
    return email if "@" in email else None


def contact_id(email: str) -> str:
    """The first 32 hex digits of the SHA-256 of a normalised e-mail: Kafka key, and the name in logs.

    >>> contact_id("maya.okafor@example.com")
    'b64b178a98dfec3c9923bfa5ecacb178'
    """
    return hashlib.sha256(email.encode()).hexdigest()[:32]
