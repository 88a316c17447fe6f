"""Which webhooks are to be created or repaired."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ops.brevo.hooks import HOOK_EVENTS, hook_changes
from runtime.brevo_models import BrevoWebhook

URL = "https://hooks.example.com/webhooks/brevo"
TOKEN = BrevoWebhook.model_validate({"url": URL, "token": "invented"})
USER = BrevoWebhook.model_validate({"url": URL, "username": "brevo", "password": "a:b@c"})
USER_URL = "https://brevo:a%3Ab%40c@hooks.example.com/webhooks/brevo"
AUTH = {"type": "bearer", "token": "invented"}


def _hooks(**changes: Any) -> list[dict[str, Any]]:
    """Both webhooks as they shall be, the first with `changes`."""
    hooks = [
        {"id": number, "type": kind, "url": URL, "events": sorted(events), "auth": AUTH}
        for number, (kind, events) in enumerate(HOOK_EVENTS.items(), start=7)
    ]
    hooks[0] |= changes
    return hooks


def test_both_webhooks_are_created_with_the_token() -> None:
    """Another one of the account, to another address, does not count."""
    others = [{**hook, "url": "https://elsewhere.example.com"} for hook in _hooks()]
    changes = list(hook_changes(TOKEN, others))
    assert [(change.kind, change.hook_id) for change in changes] == [("marketing", None), ("transactional", None)]
    assert changes[0].body["auth"] == AUTH
    assert set(changes[0].body["events"]) == HOOK_EVENTS["marketing"]
    assert "invented" not in changes[0].says


def test_user_and_password_go_into_the_url() -> None:
    """Brevo has no other way for them."""
    assert [hook_change.body["url"] for hook_change in hook_changes(USER, [])] == [USER_URL, USER_URL]
    assert list(hook_changes(USER, [{**hook, "url": USER_URL} for hook in _hooks()])) == []


@pytest.mark.parametrize("changes", [{}, {"auth": {"type": "bearer", "token": "****ted"}}, {"batched": True}])
def test_webhook_as_it_shall_be_is_left_alone(changes: dict[str, Any]) -> None:
    """Brevo may show stars instead of a secret."""
    assert list(hook_changes(TOKEN, _hooks(**changes))) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"events": ["unsubscribed", "opened"]}, "lacks contactDeleted, contactUpdated, hardBounce, spam"),
        ({"auth": None}, "does not prove itself as brevo.webhook says"),
        ({"auth": {"type": "bearer", "token": "of last year"}}, "does not prove itself as brevo.webhook says"),
    ],
)
def test_webhook_that_lacks_something_is_repaired(changes: dict[str, Any], why: str) -> None:
    """What else it tells stays as it is."""
    (change,) = hook_changes(TOKEN, _hooks(**changes))
    assert (change.hook_id, change.why) == (7, why)
    assert set(change.body["events"]) == HOOK_EVENTS["marketing"] | set(_hooks(**changes)[0]["events"])
    assert change.body["auth"] == AUTH


@pytest.mark.parametrize("settings", [{}, {"url": URL}, {"token": "invented"}])
def test_without_address_or_secret_nothing_is_done(settings: dict[str, Any]) -> None:
    """The operator sees to it, or does without."""
    assert list(hook_changes(BrevoWebhook.model_validate(settings), [])) == []


@pytest.mark.parametrize(
    "settings",
    [{"url": "hooks.example.com"}, {"url": USER_URL, "token": "t"}, {"username": "brevo"}, {"password": "p"}],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    """A half of a secret lets nobody in; one in the address would be shown."""
    with pytest.raises(ValidationError, match=r"url|belong together"):
        BrevoWebhook.model_validate(settings)
