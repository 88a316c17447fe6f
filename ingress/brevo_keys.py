"""What proves that a caller is Brevo: a token, or a user and a password. PURE."""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import dataclass, field

from runtime.brevo_models import BrevoWebhook


@dataclass(frozen=True, slots=True)
class BrevoKeys:
    """What proves that a caller is Brevo; there is no signature."""

    token: str = field(repr=False, default="")
    authorizations: tuple[bytes, ...] = field(repr=False, default=())
    """Values of the header `Authorization` that are accepted: bearer token, user and password."""

    @classmethod
    def of(cls, settings: BrevoWebhook) -> BrevoKeys:
        """From `brevo.webhook`; without any secret nobody is let in."""
        token = settings.token.get_secret_value() if settings.token else ""
        password = settings.password.get_secret_value() if settings.password else ""
        accepted = [f"Bearer {token}".encode()] if token else []
        if settings.username and password:
            accepted.append(b"Basic " + b64encode(f"{settings.username}:{password}".encode()))
        return cls(token, tuple(accepted))

    def accept(self, authorization: str) -> bool:
        """Compared in constant time."""
        given = authorization.encode(errors="surrogateescape")
        return any([hmac.compare_digest(given, expected) for expected in self.authorizations])  # noqa: C419 (all are compared)
