"""User-level OAuth of the sandbox: authorize requests, codes and refresh tokens that rotate.

From https://developers.zoom.us/docs/integrations/oauth/ (docs/reference/zoom.md, checked 2026-11-21).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from sandbox.zoom.errors import ZoomError

CODE_SECONDS = 300
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class AuthorizeRequest:
    """What an app asks a person for."""

    redirect_uri: str
    state: str
    challenge: str
    method: str
    """`S256` or `plain`; the latter is Zoom's default."""

    def answer(self, **fields: str) -> str:
        """Where the browser goes with the person's decision."""
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{joint}{urlencode({**fields, 'state': self.state})}"


@dataclass(frozen=True)
class _Code:
    request: AuthorizeRequest
    ends_at: float


def read_request(query: Mapping[str, str], client_id: str) -> AuthorizeRequest:
    """The request of an authorize URL.

    Raises:
        ZoomError: what Zoom shows instead of a consent page.
    """
    if query.get("client_id") != client_id:
        raise ZoomError(400, 4702, "Invalid client_id.")
    redirect_uri = query.get("redirect_uri", "")
    if urlsplit(redirect_uri).hostname not in _LOOPBACK:
        raise ZoomError(400, 4709, f"Redirect URI mismatch: {redirect_uri or 'none'}.")
    if query.get("response_type") != "code":
        raise ZoomError(400, 4706, "Missing parameter: response_type.")
    method = query.get("code_challenge_method", "plain")
    if method not in ("S256", "plain"):
        raise ZoomError(400, 4706, "Invalid parameter: code_challenge_method.")
    return AuthorizeRequest(redirect_uri, query.get("state", ""), query.get("code_challenge", ""), method)


class Authorizations:
    """Codes and refresh tokens that were given out."""

    def __init__(self) -> None:
        self._codes: dict[str, _Code] = {}
        self._access_of: dict[str, str] = {}  # by refresh token

    def grant(self, request: AuthorizeRequest, now: float) -> str:
        """A code for the person's consent; it works once."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(request, now + CODE_SECONDS)
        return code

    def redeem(self, form: Mapping[str, str], now: float) -> bool:
        """Whether `code`, `redirect_uri` and `code_verifier` belong together; the code is used up either way."""
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or now >= code.ends_at or form.get("redirect_uri") != code.request.redirect_uri:
            return False
        verifier = form.get("code_verifier", "")
        if code.request.method == "S256":
            digest = hashlib.sha256(verifier.encode()).digest()
            verifier = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return hmac.compare_digest(verifier.encode(), code.request.challenge.encode())

    def rotate(self, old: str) -> bool:
        """Whether a refresh token was valid; it no longer is."""
        return self._access_of.pop(old, None) is not None

    def issue(self, access_token: str) -> str:
        """A refresh token beside an access token."""
        refresh_token = secrets.token_urlsafe(48)
        self._access_of[refresh_token] = access_token
        return refresh_token

    def is_consented(self, access_token: str) -> bool:
        """Whether a person's consent is behind an access token."""
        return access_token in self._access_of.values()

    def revoke(self, token: str) -> str | None:
        """End the refresh token that is, or goes with, `token`; its access token, which shall end too."""
        for refresh_token, access_token in self._access_of.items():
            if token in (refresh_token, access_token):
                del self._access_of[refresh_token]
                return access_token
        return None
