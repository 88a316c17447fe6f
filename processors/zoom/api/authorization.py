"""The person's part of user-level OAuth: authorize URL with PKCE, and what comes back to the redirect URL. PURE."""

# https://developers.zoom.us/docs/integrations/oauth/, checked 2026-11-21.

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from schemas.errors import RollcallError


class CallbackRefusedError(RollcallError):
    """What came to the redirect URL is no consent to our question."""


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """One question to one person; its secrets live as long as the question."""

    redirect_uri: str
    state: str = field(repr=False)
    """Random: ties the answer to this question."""
    verifier: str = field(repr=False)
    """Random, 43 to 128 characters (RFC 7636, 4.1): ties the code to us."""

    def authorize_url(self, oauth_base_url: str, client_id: str) -> str:
        """Where the person's browser goes."""
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": self.redirect_uri,
            "state": self.state,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",  # Zoom's default is plain
        }
        return f"{oauth_base_url.rstrip('/')}/oauth/authorize?{urlencode(query)}"

    def code_of(self, query: Mapping[str, str]) -> str:
        """The code that the browser brought.

        Raises:
            CallbackRefusedError: an answer to another question, a refusal, or no answer at all.
        """
        if not hmac.compare_digest(query.get("state", "").encode(), self.state.encode()):
            raise CallbackRefusedError("this page was not opened from the question that is waiting; begin anew")
        if error := query.get("error"):
            raise CallbackRefusedError(f"Zoom says {error[:60]}: the app was not let in")
        if not query.get("code"):
            raise CallbackRefusedError("Zoom sent no code")
        return query["code"]

    def form(self, code: str) -> dict[str, str]:
        """What exchanges the code for tokens."""
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, 4.2).

    >>> challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
