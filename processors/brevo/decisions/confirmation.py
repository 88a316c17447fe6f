"""Double opt-in: whom to ask, and how the question is put to Brevo. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from processors.brevo.decisions.recordings import why_not_mailed
from runtime.brevo_models import ListRule
from schemas.brevo import ConfirmList


def why_not_asked(held: Mapping[str, Any] | None, list_id: int) -> str | None:
    """What Brevo holds of a contact that speaks against asking it; ``None``: ask.

    Args:
        held: the contact, ``None`` when Brevo has none.
        list_id: of the list in question.
    """
    if held is None:
        return "Brevo has no such contact: nobody is asked"
    on, left = held.get("listIds"), held.get("listUnsubscribed")
    if isinstance(on, list) and list_id in on:
        return f"the contact is on list {list_id} already"
    if isinstance(left, list) and list_id in left:
        return f"the contact has left list {list_id} itself"
    return why_not_mailed(held)


def confirmation_body(command: ConfirmList, rule: ListRule) -> dict[str, Any]:
    """Body of `POST /contacts/doubleOptinConfirmation`; attributes are written by upserts alone."""
    return {
        "email": command.email,
        "includeListIds": [command.list_id],
        "templateId": rule.template_id,
        "redirectionUrl": rule.redirect_url,
    }
