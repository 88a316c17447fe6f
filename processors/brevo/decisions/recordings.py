"""The link to a recording: who may get it, and the mail that carries it. PURE."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from runtime.calls import Answer
from schemas.brevo import SendRecording

TAG = "zoom-recording"
_KEYS = uuid.uuid5(uuid.NAMESPACE_URL, "https://developers.brevo.com/reference/sendtransacemail")


def why_not_mailed(held: Mapping[str, Any]) -> str | None:
    """What Brevo holds of a contact that speaks against mailing it; ``None``: mail.

    `POST /smtp/email` itself reaches who has unsubscribed from campaigns
    (help.brevo.com/hc/articles/209458705, checked 2026-11-22).
    """
    return "the contact is unsubscribed" if held.get("emailBlacklisted") is True else None


def mail_body(command: SendRecording, *, trial: bool) -> dict[str, Any]:
    """Body of `POST /smtp/email`; with `trial` Brevo accepts the mail and drops it.

    Repeats have the same `idempotencyKey`. Brevo documents it for `messageVersions`, so there is one version
    (developers.brevo.com/docs/heterogenous-versions-batch-emails and …/using-sandbox-mode, checked 2026-11-22).
    """
    parts = (command.contact_id, command.once_keys[0], str(command.template_id), "trial" if trial else "")
    headers = {"idempotencyKey": str(uuid.uuid5(_KEYS, "|".join(parts)))}
    return {
        "templateId": command.template_id,
        "headers": {**headers, "X-Sib-Sandbox": "drop"} if trial else headers,
        "tags": [TAG],
        "messageVersions": [{"to": [{"email": command.email}], "params": dict(command.properties)}],
    }


def was_accepted_before(answer: Answer) -> bool:
    """Whether Brevo refuses a mail as it has one with this `idempotencyKey` already: it is on its way."""
    return answer.status == 400 and answer.text("code") == "duplicate_parameter"
