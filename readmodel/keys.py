"""The keys of the tables: short, and the same on every machine, so that a model that is built anew is equal. PURE."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from schemas.attendance import SESSION_PREFIX
from schemas.codec import contact_digest

_ID_DIGITS = 32
_KEY_BYTES = 8
_BEGINNING_BYTES = 4


# The results of one session repeat its name.
@lru_cache(maxsize=4_096)
def session_key(account_id: str, session_uuid: str) -> int:
    """A signed 64-bit number that stands for a session: the first 8 bytes of a SHA-256.

    Among 100,000 sessions two have the same with a chance of 1 in 3,000,000,000.
    """
    named = f"{account_id}|{session_uuid}".encode()
    return int.from_bytes(hashlib.sha256(named).digest()[:_KEY_BYTES], "big", signed=True)


def contact_key(known_as: str) -> bytes:
    """The 16 bytes of a contact's id; a session's stand-in (`schemas.attendance.session_stand_in`) as it is.

    >>> contact_key("b64b178a98dfec3c9923bfa5ecacb178").hex(), contact_key("session-94")
    ('b64b178a98dfec3c9923bfa5ecacb178', b'session-94')

    Raises:
        ValueError: it is neither.
    """
    if known_as.startswith(SESSION_PREFIX):
        return known_as.encode()
    if len(known_as) != _ID_DIGITS:
        raise ValueError("no contact id")
    return bytes.fromhex(known_as)


def command_key(command_id: str) -> int:
    """The first 8 of the 16 bytes of a command's id, as a signed number: enough among the commands of one contact.

    >>> command_beginning(command_key("b64b178a98dfec3c9923bfa5ecacb178"))
    'b64b178a98dfec3c'

    Raises:
        ValueError: it has not 32 hex digits.
    """
    if len(command_id) != _ID_DIGITS:
        raise ValueError("no command id")
    return int.from_bytes(bytes.fromhex(command_id)[:_KEY_BYTES], "big", signed=True)


def command_beginning(key: int) -> str:
    """The first 16 digits of the id that `command_key` was given."""
    return key.to_bytes(_KEY_BYTES, "big", signed=True).hex()


def beginning(key: bytes) -> int:
    """What contacts are searched by: the first 4 bytes of a `contact_key` as a signed number, in the order of the ids.

    Of a million contacts some hundred share one with another, and an index of them is half of one of whole ids.
    """
    return int.from_bytes(key[:_BEGINNING_BYTES], "big", signed=True)


def untold(key: bytes, email: str | None) -> bytes | None:
    """What the row of a contact keeps of its key beside the address: nothing, as the id is a hash of that.

    >>> untold(contact_key("b64b178a98dfec3c9923bfa5ecacb178"), "maya.okafor@example.com")
    >>> untold(b"session-94", None)
    b'session-94'
    """
    return None if email and contact_digest(email) == key else key


def told_key(rest: bytes | None, email: str | None) -> bytes:
    """The key of which `untold` left `rest`."""
    return bytes(rest) if rest is not None else contact_digest(email or "")


def contact_id_of(rest: bytes | None, email: str | None) -> str:
    """The id that `contact_key` was given, of which `untold` left `rest`."""
    key = told_key(rest, email)
    return key.decode() if key.startswith(SESSION_PREFIX.encode()) else key.hex()
