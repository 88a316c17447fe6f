"""Who is signed in: by a random word in a cookie, of which only its hash is kept, in memory. PURE."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from console.passwords import Account

LASTS_SECONDS = 12 * 3_600.0
"""From signing in, whatever is done meanwhile."""
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class _Held:
    account: Account
    until: float


class SignedIn:
    """Sign-ins; a restart ends all of them. Instants are of any monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._held: dict[bytes, _Held] = {}

    def add(self, word: str, account: Account, now: float) -> None:
        """Somebody has proved who they are; of more than a thousand the oldest goes."""
        self._held[_hash(word)] = _Held(account, now + LASTS_SECONDS)
        while len(self._held) > _MOST:
            del self._held[next(iter(self._held))]

    def account(self, word: str, now: float) -> Account | None:
        """As it was when they signed in; the caller looks whether it still stands so."""
        key = _hash(word)
        held = self._held.get(key)
        if held is None:
            return None
        if held.until <= now:
            del self._held[key]
            return None
        return held.account

    def remove(self, word: str) -> None:
        """They have signed out."""
        self._held.pop(_hash(word), None)


def form_token(secret: bytes, word: str) -> str:
    """What a form has to bring along with the cookie: another site can send the cookie, and not know this."""
    return hmac.new(secret, word.encode(errors="replace"), hashlib.sha256).hexdigest()


def is_token(secret: bytes, word: str, brought: str) -> bool:
    """Whether the form is ours; in constant time."""
    return bool(word) and hmac.compare_digest(form_token(secret, word).encode(), brought.encode(errors="replace"))


def _hash(word: str) -> bytes:
    return hashlib.sha256(word.encode(errors="replace")).digest()
