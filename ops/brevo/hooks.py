"""Which webhooks Brevo should have for us, and what is wrong with those that it has. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from runtime.brevo_models import BrevoWebhook

HookKind = Literal["marketing", "transactional"]
# As one subscribes to them; they come under other names (developers.brevo.com/docs/how-to-use-webhooks, checked
# 2026-11-21).
HOOK_EVENTS: Mapping[HookKind, frozenset[str]] = {
    "marketing": frozenset({"unsubscribed", "spam", "hardBounce", "contactUpdated", "contactDeleted"}),
    "transactional": frozenset({"unsubscribed", "spam", "hardBounce"}),
}


@dataclass(frozen=True, slots=True)
class HookChange:
    """A webhook to create, or to repair."""

    kind: HookKind
    hook_id: int | None
    """Of the one to repair; ``None``: there is none."""
    why: str
    """For people."""
    body: Mapping[str, Any]
    """Of `POST /webhooks`, or of `PUT /webhooks/{id}`; holds a secret."""

    @property
    def says(self) -> str:
        """For people."""
        return f"webhook {self.kind} ({self.why})"


def hook_changes(settings: BrevoWebhook, hooks: Sequence[Mapping[str, Any]]) -> Iterator[HookChange]:
    """What is to be done; nothing without an address or a secret.

    Args:
        settings: `brevo.webhook`.
        hooks: rows of `GET /webhooks` of both types.
    """
    if settings.url is None or not settings.is_open:
        return
    for kind, events in HOOK_EVENTS.items():
        ours = [hook for hook in hooks if hook.get("type") == kind and _bare(str(hook.get("url"))) == settings.url]
        if not ours:
            new = {"type": kind, "description": "Rollcall", "events": sorted(events), **_access(settings)}
            yield HookChange(kind, None, "does not exist", new)
            continue
        known = {str(event) for event in ours[0].get("events") or ()}
        lacking = sorted(events - known)
        wrong = [f"lacks {', '.join(lacking)}"] if lacking else []
        if not _lets_in(settings, ours[0]):
            wrong.append("does not prove itself as brevo.webhook says")
        if wrong:
            repaired = {"events": sorted(known | events), **_access(settings)}
            yield HookChange(kind, int(ours[0]["id"]), " and ".join(wrong), repaired)


def _access(settings: BrevoWebhook) -> dict[str, Any]:
    """The address and what Brevo shall prove itself with (developers.brevo.com/docs/secured-webhooks, as above)."""
    if settings.token is not None:
        return {"url": settings.url, "auth": {"type": "bearer", "token": settings.token.get_secret_value()}}
    return {"url": _with_user(settings)}


def _lets_in(settings: BrevoWebhook, hook: Mapping[str, Any]) -> bool:
    """Whether a delivery of the webhook would be let in, as far as Brevo shows it: it may hide secrets by stars."""
    if settings.token is None:
        shown = str(hook.get("url"))
        return shown == _with_user(settings) or "*" in shown
    auth = hook.get("auth")
    token = str(auth.get("token", "")) if isinstance(auth, dict) and auth.get("type") == "bearer" else ""
    return token == settings.token.get_secret_value() or "*" in token


def _with_user(settings: BrevoWebhook) -> str:
    assert settings.url is not None  # hook_changes has seen to it
    assert settings.password is not None  # is_open
    parts = urlsplit(settings.url)
    user, password = (quote(part, safe="") for part in (settings.username or "", settings.password.get_secret_value()))
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc}"))


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
