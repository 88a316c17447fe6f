"""Passwords as they are kept, and the file's lines `name:role:hash`. PURE.

Hashes are scrypt's (RFC 7914): 32 MiB and some 0.1 s for each guess.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from schemas.errors import ConfigurationError

AccountRole = Literal["reader", "operator"]
ACCOUNT_ROLES: tuple[AccountRole, ...] = get_args(AccountRole)
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1_000
SALT_BYTES = 16
_SCHEME = "scrypt"
# OWASP's Password Storage Cheat Sheet names N=2^15, r=8, p=3 as equal to its first choice; N and p are kept per hash.
_COST, _BLOCK, _PARALLEL = 2**15, 8, 3
_MOST_MEMORY = 64 * 1_048_576
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    name: str
    role: AccountRole
    hashed: str


def hash_password(password: str, salt: bytes) -> str:
    """What is kept of a password; takes 0.1 s.

    >>> verify("correct horse battery", hash_password("correct horse battery", b"salt"))
    True
    """
    key = _derive(password, salt, _COST, _PARALLEL)
    return "$".join((_SCHEME, str(_COST), str(_PARALLEL), _text(salt), _text(key)))


NOBODY = "scrypt$32768$3$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
"""No password has this hash: an unknown name takes as long as a wrong password."""


def verify(password: str, hashed: str) -> bool:
    """Whether it is the password of the hash; false of anything that is no hash of ours."""
    try:
        scheme, cost, parallel, salt, key = hashed.split("$")
        found = _derive(password, base64.b64decode(salt), int(cost), int(parallel))
        return scheme == _SCHEME and hmac.compare_digest(found, base64.b64decode(key))
    except (ValueError, binascii.Error):
        return False


def checked_name(name: str) -> str:
    """A name as the file has it; an e-mail address is none, since names are shown in logs.

    Raises:
        ConfigurationError: it is none.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError("the name may have small letters, digits, dots, dashes; 64 at most, and no @")
    return name


def checked_password(password: str) -> str:
    """The password. Raises `ConfigurationError` for one that is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ConfigurationError(f"the password has {len(password)} characters; {SHORTEST_PASSWORD} or more are needed")
    return password


def checked_role(role: str) -> AccountRole:
    """The role. Raises `ConfigurationError` for any other word."""
    for known in ACCOUNT_ROLES:
        if role == known:
            return known
    raise ConfigurationError(f"--role: `{role}` is none of {', '.join(ACCOUNT_ROLES)}")


def parse(text: str) -> dict[str, Account]:
    """The accounts of a password file, by name; empty lines and those that begin with # are none.

    Raises:
        ConfigurationError: a line is not `name:role:hash`.
    """
    found: dict[str, Account] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.strip().partition(":")
        role, _, hashed = rest.partition(":")
        known = next((allowed for allowed in ACCOUNT_ROLES if allowed == role), None)
        if known is None or not _NAME.fullmatch(name) or not hashed.startswith(f"{_SCHEME}$"):
            raise ConfigurationError(
                f"the password file, line {number}: is not name:role:hash; delete it, and write it with "
                "`rollcall console passwd NAME`"
            )
        found[name] = Account(name, known, hashed)
    return found


def written(accounts: Iterable[Account]) -> str:
    """The file's text."""
    return "".join(f"{account.name}:{account.role}:{account.hashed}\n" for account in accounts)


def _derive(password: str, salt: bytes, cost: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=_BLOCK, p=parallel, maxmem=_MOST_MEMORY, dklen=32
    )  # fmt: skip


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
