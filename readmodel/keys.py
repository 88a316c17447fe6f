"""The keys of the tables: short, and the same on every machine, so that a model that is built anew is equal. PURE."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from schemas.attendance import SESSION_PREFIX

_ID_DIGITS = 32


# The results of one session repeat its name.
@lru_cache(maxsize=4_096)
def session_key(account_id: str, session_uuid: str) -> int:
    """A signed 64-bit number that stands for a session: the first 8 bytes of a SHA-256.

    Among 100,000 sessions two have the same with a chance of 1 in 3,000,000,000.
    """
    named = f"{account_id}|{session_uuid}".encode()
    return int.from_bytes(hashlib.sha256(named).digest()[:8], "big", signed=True)


def contact_key(contact_id: str) -> bytes:
    """The 16 bytes of a contact's id; a session's stand-in (`schemas.attendance.session_stand_in`) as it is.

    >>> contact_key("b64b178a98dfec3c9923bfa5ecacb178").hex(), contact_key("session-94")
    ('b64b178a98dfec3c9923bfa5ecacb178', b'session-94')

    Raises:
        ValueError: it is neither.
    """
    if contact_id.startswith(SESSION_PREFIX):
        return contact_id.encode()
    if len(contact_id) != _ID_DIGITS:
        raise ValueError("no contact id")
    return bytes.fromhex(contact_id)


def command_key(command_id: str) -> bytes:
    """The 16 bytes of a command's id, which has 32 hex digits. Raises `ValueError` for any other text."""
    if len(command_id) != _ID_DIGITS:
        raise ValueError("no command id")
    return bytes.fromhex(command_id)


def command_id_of(key: bytes) -> str:
    """The id that `command_key` was given."""
    return bytes(key).hex()


def contact_id_of(key: bytes) -> str:
    """The id that `contact_key` was given."""
    key = bytes(key)
    return key.decode() if key.startswith(SESSION_PREFIX.encode()) else key.hex()
