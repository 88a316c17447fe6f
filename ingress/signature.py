"""Decides whether a delivery is Zoom's: HMAC over the raw bytes, freshness, and the answer to a challenge. PURE."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

# Header forms: https://developers.zoom.us/docs/api/webhooks/, checked 2026-11-21. The timestamp is epoch SECONDS.
_TIMESTAMP = re.compile(rb"[0-9]{1,12}")
_SIGNATURE = re.compile(rb"v0=[0-9a-f]{64}")
# Zoom's tokens are 22 letters. A token with a colon could be `v0:<timestamp>:<forged body>`, whose answer would be a
# valid signature of the forged body: such tokens are refused.
_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One webhook secret, and the accounts that sign with it.

    An app has one secret, and several accounts may have installed the same app; while a secret is rotated an account
    has several.

    Raises:
        ValueError: an empty secret, with which anybody could sign; or no account.
    """

    secret: bytes = field(repr=False)
    accounts: tuple[str, ...]
    tolerance_seconds: float = 300

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("an empty secret verifies nothing")
        if not self.accounts:
            raise ValueError("a secret belongs to at least one account")


def well_formed(timestamp: bytes, signature: bytes) -> bool:
    """Whether the two headers have the form that Zoom gives them; anything else is not worth a comparison."""
    return _TIMESTAMP.fullmatch(timestamp) is not None and _SIGNATURE.fullmatch(signature) is not None


def signature_of(secret: bytes, timestamp: bytes, body: bytes) -> bytes:
    """``v0=`` and 64 hex digits, over the timestamp as received and the raw bytes: re-serialised JSON is other text."""
    return b"v0=" + hmac.digest(secret, b"v0:" + timestamp + b":" + body, "sha256").hex().encode()


def verifying_key(keys: Iterable[SigningKey], timestamp: bytes, body: bytes, signature: bytes) -> SigningKey | None:
    """The key that signed the delivery, or ``None``.

    Every key is tried, in constant time, so that the time taken tells neither which one matched nor how nearly.
    """
    found = None
    for key in keys:
        if hmac.compare_digest(signature_of(key.secret, timestamp, body), signature):
            found = key
    return found


def is_fresh(timestamp: bytes, now: float, tolerance_seconds: float) -> bool:
    """Whether a well-formed timestamp is near enough to `now`, in epoch seconds, in either direction.

    Zoom's clock may be ahead of ours; its retries are signed anew, so they are fresh.
    """
    return abs(now - int(timestamp)) <= tolerance_seconds


def challenge_answer(secret: bytes, plain_token: object) -> dict[str, str] | None:
    """The body that proves to Zoom that we hold the secret; ``None`` for a token that must not be signed."""
    # https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint, checked 2026-11-21
    if not isinstance(plain_token, str) or not _PLAIN_TOKEN.fullmatch(plain_token):
        return None
    return {"plainToken": plain_token, "encryptedToken": hmac.digest(secret, plain_token.encode(), "sha256").hex()}
