"""Bytes on the wire and in tables: compact JSON, and the contact id. PURE."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any

import orjson


def pack(value: Any) -> bytes:
    """Compact JSON as a right-sized copy.

    What orjson returns keeps a buffer of 4 KiB alive however short it is; a turn of the engine holds thousands of them.
    """
    return memoryview(orjson.dumps(value)).tobytes()


def unpack(data: bytes) -> Any:
    """Parse what `pack` wrote. Raises ``ValueError`` (``orjson.JSONDecodeError``) on anything else."""
    return orjson.loads(data)


LONGEST_ID = 1_000
"""Characters. Zoom's have 10 to 60, and most of its bodies fewer than this in all, so that nothing in them is measured.

Ids become keys of records and rows, paths of look-ups and words in logs."""
SHORTEST_BEGINNING = 6
"""Characters of an id or uuid that a person has to write for it to be found by its beginning."""
LONGEST_EMAIL = 320
"""Characters: 64 before the `@`, 255 behind it (https://www.rfc-editor.org/rfc/rfc5321 4.5.3.1, checked 2026-11-27)."""
_LOCAL_PART = re.compile(r"(?!\.)[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?<!\.)")
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}")
"""RFC 5321's form without quoted parts and address literals, letters of any script: what Brevo takes has no other."""


# The events of one session repeat each of its addresses; of thousands of people, too: some 5 MB when it is full.
@lru_cache(maxsize=16_384)
def _address(text: str) -> str | None:
    email = text.strip().lower()
    local_part, _at, domain = email.partition("@")
    return email if _LOCAL_PART.fullmatch(local_part) and _is_domain(domain) else None


# Thousands of people share a few providers.
@lru_cache(maxsize=1_024)
def _is_domain(text: str) -> bool:
    return _DOMAIN.fullmatch(text) is not None


def normalise_email(text: object) -> str | None:
    """Trimmed and lower-cased, nothing else (no plus or dot folding); ``None`` for what is no address by its syntax.

    >>> normalise_email(" Maya@Example.com "), normalise_email("n/a@"), normalise_email("root@localhost")
    ('maya@example.com', None, None)
    """
    return _address(text) if isinstance(text, str) and len(text) <= LONGEST_EMAIL else None


# A person's results, registrations and exclusion each ask for it, in walks through all the people of a session.
@lru_cache(maxsize=16_384)
def contact_id(email: str) -> str:
    """The first 32 hex digits of the SHA-256 of a normalised e-mail: Kafka key, and the name in other topics.

    It has no salt (docs/adr/0008): whoever has the address can make it.

    >>> contact_id("maya.okafor@example.com")
    'b64b178a98dfec3c9923bfa5ecacb178'
    """
    return contact_digest(email).hex()


def contact_digest(email: str) -> bytes:
    """The 16 bytes of `contact_id`."""
    return hashlib.sha256(email.encode()).digest()[:16]
