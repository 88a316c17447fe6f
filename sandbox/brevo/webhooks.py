"""Subscriptions to Brevo's own webhooks, and what they are to be told. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from sandbox.brevo.answers import invalid, not_found
from sandbox.brevo.bodies import WebhookChange, WebhookCreation

# https://developers.brevo.com/docs/how-to-use-webhooks (checked 2026-11-21).
_MOST = 40
_SHARED = {"spam", "opened", "click", "hardBounce", "softBounce", "unsubscribed", "delivered"}
_EVENTS = {
    "marketing": _SHARED | {"listAddition", "contactUpdated", "contactDeleted"},
    "transactional": _SHARED | {"sent", "request", "blocked", "invalid", "deferred", "uniqueOpened"},
    "inbound": {"inboundEmailProcessed"},
}


Happening = Literal["unsubscribed", "hardBounce", "contactDeleted"]
_DELIVERED_AS: dict[Happening, str] = {
    "unsubscribed": "unsubscribe",
    "hardBounce": "hard_bounce",
    "contactDeleted": "contact_deleted",
}
"""One subscribes to other names than those that come (developers.brevo.com/docs/marketing-webhooks, checked
2026-11-21)."""


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One call of somebody else's receiver."""

    url: str
    """May have a user and a password."""
    headers: dict[str, str]
    body: bytes


class WebhookBook:
    """All subscriptions of the account."""

    def __init__(self) -> None:
        self._hooks: dict[int, dict[str, Any]] = {}
        self._latest_id = 2_152_073
        self._outbox: list[WebhookCall] = []
        self.answers: list[int | None] = []
        """What receivers answered, in order; ``None``: nothing."""

    def tell(self, happening: Happening, email: str, now: datetime) -> None:
        """Something happened to a contact: every marketing subscription to it gets a delivery."""
        for hook in self.all("marketing"):
            if happening not in hook["events"]:
                continue
            body = {
                "id": hook["id"],
                "event": _DELIVERED_AS[happening],
                # A list for this one alone, as others have seen it.
                "email": [email] if happening == "contactDeleted" else email,
                "date": f"{now:%Y-%m-%d %H:%M:%S}",
                "ts": int(now.timestamp()),
            }
            headers = {header["key"]: header["value"] for header in hook.get("headers", ())}
            headers["Content-Type"] = "application/json"
            if auth := hook.get("auth"):
                headers["Authorization"] = f"Bearer {auth['token']}"
            self._outbox.append(WebhookCall(hook["url"], headers, orjson.dumps(body)))

    def take_deliveries(self) -> list[WebhookCall]:
        """What is to be sent now; each is given once."""
        taken, self._outbox = self._outbox, []
        return taken

    def create(self, body: WebhookCreation, now: datetime) -> int:
        """Subscribe."""
        if len(self._hooks) >= _MOST:
            raise invalid(f"An account has at most {_MOST} webhooks")
        _check_events(body.type, body.events)
        self._latest_id += 1
        stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        shown = {
            "id": self._latest_id,
            **body.model_dump(by_alias=True, exclude_none=True),
            "createdAt": stamp,
            "modifiedAt": stamp,
        }
        self._hooks[self._latest_id] = shown
        return self._latest_id

    def get(self, hook_id: int) -> dict[str, Any]:
        """One subscription, or 404."""
        try:
            return self._hooks[hook_id]
        except KeyError:
            raise not_found("Webhook ID not found") from None

    def all(self, kind: str | None = None) -> list[dict[str, Any]]:
        """In order of creation."""
        return [hook for hook in self._hooks.values() if kind is None or hook["type"] == kind]

    def change(self, hook_id: int, body: WebhookChange, now: datetime) -> None:
        """Change what is given."""
        hook = self.get(hook_id)
        if body.events is not None:
            _check_events(hook["type"], body.events)
        stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        hook.update(body.model_dump(by_alias=True, exclude_none=True), modifiedAt=stamp)

    def remove(self, hook_id: int) -> None:
        """Unsubscribe."""
        self.get(hook_id)
        del self._hooks[hook_id]


def _check_events(kind: str, events: list[str]) -> None:
    for name in events:
        if name not in _EVENTS[kind]:
            raise invalid(f"Event {name} is not known for type {kind}")
